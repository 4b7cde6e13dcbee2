"""Features of `crate` in rules_rust 0.73 that 0.54 lacks: `render_config`, `manifests` with only the workspace's Cargo.toml, and an error for
crates of modules other than the root."""

load("//crate_universe/private/module_extensions:cargo_bazel_bootstrap.bzl", "get_host_cargo_rustc")

render_config_tag = tag_class(
    doc = "The supported attributes of `crate.render_config`.",
    attrs = {
        "platforms_template": attr.string(
            doc = "Label of the condition for a Rust target; `{triple}` is replaced by its triple.",
            default = "@rules_rust//rust/platform:{triple}",
        ),
        "repositories": attr.string_list(
            doc = "Names of the repositories that it applies to; default: all.",
        ),
    },
)

# Stand-ins, which exist only together with this one.
_STAND_INS = ["rules_oci"]

def _check_is_root(module, repository):
    """rules_rust 0.73 accepts other modules only with the attribute `lockfile`, which 0.54 lacks."""
    if not module.is_root and module.name not in _STAND_INS:
        fail("module \"{}\": crates \"{}\": no `lockfile`, which rules_rust 0.73 expects of a non-root module: expected the tag in the root module".format(
            module.name,
            repository,
        ))

def platforms_template(module_ctx, repository):
    """Returns the label template of platform conditions for a repository.

    Fails if rules_rust 0.73 rejects the tag of the repository.

    Args:
        module_ctx: the context of the extension.
        repository: name of a `crate.from_cargo`; only tags of the same module apply.

    Returns:
        A string with `{triple}`.
    """
    for module in module_ctx.modules:
        if repository not in [tag.name for tag in module.tags.from_cargo + module.tags.from_specs]:
            continue
        _check_is_root(module, repository)
        for tag in module.tags.render_config:
            if not tag.repositories or repository in tag.repositories:
                return tag.platforms_template
    return "@rules_rust//rust/platform:{triple}"

def _has_workspace(manifest):
    """Returns whether the content of a Cargo.toml has the key `workspace`.

    It is a table (`[workspace]`, `[workspace.dependencies]`) or a dotted key (`workspace.members = []`).
    """
    is_top_level = True
    for line in manifest.splitlines():
        line = line.split("#")[0].replace(" ", "").replace("\t", "")
        if line.startswith("["):
            is_top_level = False
            if line.startswith(("[workspace]", "[workspace.")):
                return True
        elif is_top_level and line.startswith(("workspace.", "workspace=")):
            return True
    return False

def workspace_manifests(module_ctx, manifests, cargo_config):
    """Returns the given manifests and those of all members of their workspaces.

    Args:
        module_ctx: the context of the extension.
        manifests: labels of Cargo.toml files.
        cargo_config: label of a `.cargo/config.toml`, or None.

    Returns:
        A dict from path to label, both strings.
    """
    cargo, rustc = get_host_cargo_rustc(module_ctx)
    found = {}
    configuration = ["--config", module_ctx.path(cargo_config)] if cargo_config else []
    for manifest in manifests:
        path = module_ctx.path(manifest)
        found[str(path)] = str(manifest)
        if not _has_workspace(module_ctx.read(path)):
            continue
        run = module_ctx.execute(
            [cargo, "metadata", "--no-deps", "--offline", "--format-version", "1", "--manifest-path", path] + configuration,
            environment = {"RUSTC": str(rustc)},
        )
        if run.return_code != 0:
            fail("{}: cargo metadata failed:\n{}".format(path, run.stderr))
        metadata = json.decode(run.stdout)
        for package in metadata["packages"]:
            directory = package["manifest_path"].removeprefix(metadata["workspace_root"]).removesuffix("Cargo.toml").strip("/")
            if directory:
                member = path.dirname.get_child(directory, "Cargo.toml")
                module_ctx.watch(member)
                found[str(member)] = "@@{}//{}:Cargo.toml".format(
                    manifest.repo_name,
                    "/".join([part for part in [manifest.package, directory] if part]),
                )
    return found
