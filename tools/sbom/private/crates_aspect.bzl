"""The aspect that collects the crates that are linked into a program, from Bazel's build graph."""

load("@rules_rust//rust:rust_common.bzl", "CrateInfo")

LinkedCratesInfo = provider(
    doc = "The crates that a crate is linked with.",
    fields = {
        "crate": """The crate itself, a struct with the fields
`id` (label, a string), `crate` (name of the crate), `package` (name of its package; None for a crate of the workspace), `member` (struct
with `name` and `license` of the package of a crate of the workspace; None without a Cargo package), `version`, `features` (sorted tuple of
strings), `manifest` (File of its Cargo.toml; None for a crate of the workspace) and `deps` (tuple of the ids of its dependencies).""",
        "crates": "A depset of such structs in postorder: the dependencies, then the crate itself.",
    },
)

_PACKAGE_TAG = "crate-name="

def _package(tags):
    """Returns the package that crate_universe generated the target for, or None for a crate of the workspace."""
    for tag in tags:
        if tag.startswith(_PACKAGE_TAG):
            return tag.removeprefix(_PACKAGE_TAG)
    return None

def _member(env):
    """Returns the package of a crate of the workspace, from the environment variables that cargo sets, or None."""
    if "CARGO_PKG_NAME" not in env:
        return None
    return struct(name = env["CARGO_PKG_NAME"], license = env.get("CARGO_PKG_LICENSE", ""))

def _manifest(files):
    """Returns Cargo.toml of the crate, which crate_universe adds to `compile_data`."""
    found = None
    for file in files.to_list():
        if file.basename == "Cargo.toml" and (not found or len(file.path) < len(found.path)):
            found = file
    return found

def collect_linked_crates(deps):
    """Collects the crates that a target is linked with.

    Args:
        deps: list of targets that the aspect `linked_crates` was applied to.

    Returns:
        A pair: the list of the ids of the crates in `deps`, and the depset of all crates, as in `LinkedCratesInfo.crates`.
    """
    infos = [dep[LinkedCratesInfo] for dep in deps if LinkedCratesInfo in dep]
    return (
        [info.crate.id for info in infos],
        depset(transitive = [info.crates for info in infos], order = "postorder"),
    )

def _linked_crates_impl(target, ctx):
    wrapped = getattr(ctx.rule.attr, "actual", None)
    if wrapped:
        # `actual` of `release_binary` has a transition and is therefore a list.
        return [dep[LinkedCratesInfo] for dep in wrapped if LinkedCratesInfo in dep] if type(wrapped) == "list" else []

    # Targets without a crate are outputs of build scripts or C libraries. Proc macros run in the compiler only.
    if CrateInfo not in target or target[CrateInfo].type == "proc-macro":
        return []
    info = target[CrateInfo]
    ids, nested = collect_linked_crates(ctx.rule.attr.deps)
    package = _package(ctx.rule.attr.tags)
    crate = struct(
        id = str(target.label),
        crate = info.name,
        deps = tuple(ids),
        features = tuple(sorted(ctx.rule.attr.crate_features)),
        manifest = _manifest(info.compile_data) if package else None,
        member = None if package else _member(ctx.rule.attr.rustc_env),
        package = package,
        version = ctx.rule.attr.version,
    )
    return [LinkedCratesInfo(
        crate = crate,
        crates = depset([crate], transitive = [nested], order = "postorder"),
    )]

linked_crates = aspect(
    doc = """Collects the crates that are linked into a program, with their features, as `LinkedCratesInfo`.

The aspect follows `deps`, and `actual` of `release_binary`. Proc macros and the dependencies of build scripts are not included.
""",
    implementation = _linked_crates_impl,
    attr_aspects = ["actual", "deps"],
    provides = [],
)
