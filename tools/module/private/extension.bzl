"""The module extension `thimble`: the Cargo workspaces of modules, and the settings of the root module."""

load("//platforms:all.bzl", "ALL_IMAGE_PLATFORMS")
load("//tools/cargo:defs.bzl", "cargo_workspace", "member_directories", "read_registry_config")
load("//tools/lock:cargo_lock.bzl", "cargo_lock")
load(":image_platforms.bzl", "image_platforms")
load(":workspaces.bzl", "workspaces")

_PLATFORM_NAMES = [platform.name for platform in ALL_IMAGE_PLATFORMS]

def _check_distinct(module, tags):
    for attribute in ["cargo_lock", "cargo_toml", "crates"]:
        seen = []
        for tag in tags:
            value = str(getattr(tag, attribute))
            if value in seen:
                fail("module \"{}\": thimble.workspace: duplicate attribute '{}': \"{}\": expected a different one in each tag".format(
                    module.name,
                    attribute,
                    value,
                ))
            seen.append(value)

def _platform_names(module, tag):
    names = tag.platforms
    if not names:
        fail("module \"{}\": thimble.workspace: invalid attribute 'platforms': []: expected at least one of {}".format(
            module.name,
            ", ".join(_PLATFORM_NAMES),
        ))
    for name in names:
        if name not in _PLATFORM_NAMES:
            fail("module \"{}\": thimble.workspace: invalid attribute 'platforms': \"{}\": expected {}".format(
                module.name,
                name,
                " or ".join(_PLATFORM_NAMES),
            ))
    return names

def _check_own_crates(used):
    """Only the root module can generate crates, those of thimble's tools included."""
    own = Label("//:Cargo.toml").repo_name
    if own not in [workspace.repository for workspace in used]:
        fail("thimble.workspace: no tag for @thimble//:Cargo.toml: expected the root module to include a file with the content of {}:\n    {}".format(
            "tools/module/crates.MODULE.bazel of thimble",
            "include(\"//tools:thimble.MODULE.bazel\")",
        ))

def _thimble_impl(module_ctx):
    used = []
    platforms = _PLATFORM_NAMES
    for module in module_ctx.modules:
        tags = module.tags.workspace
        _check_distinct(module, tags)
        root_tags = []
        for tag in tags:
            # A tag of the root module for thimble's own tools is not of the root repository.
            is_root = not tag.cargo_toml.repo_name
            if is_root:
                root_tags.append(tag)
            members = "cargo_workspace_" + tag.cargo_lock
            directories = member_directories(module_ctx, tag.cargo_toml)
            cargo_lock(
                name = tag.cargo_lock,
                cargo_toml = tag.cargo_toml,
                checked = is_root,
                config = read_registry_config(module_ctx, tag.cargo_toml),
                member_directories = directories.matched,
            )
            cargo_workspace(
                name = members,
                cargo_lockfile = "@{}//:Cargo.lock".format(tag.cargo_lock),
                cargo_toml = tag.cargo_toml,
                crates = tag.crates,
                globbed_directories = directories.searched,
                ignored_cargo_config = tag.ignored_cargo_config,
            )
            used.append(struct(
                cargo_lock = tag.cargo_lock,
                directory = tag.cargo_toml.package,
                is_root = is_root,
                license_policy = str(tag.license_policy),
                members = members,
                repository = tag.cargo_toml.repo_name,
            ))
        if root_tags:
            platforms = _platform_names(module, root_tags[0])
    _check_own_crates(used)
    workspaces(
        name = "thimble_workspaces",
        is_linux = module_ctx.os.name == "linux",
        workspaces = [json.encode(workspace) for workspace in used],
    )
    image_platforms(
        name = "thimble_image_platforms",
        names = platforms,
    )
    return module_ctx.extension_metadata(reproducible = True)

thimble = module_extension(
    doc = """Makes the Cargo workspaces of a module available to the macros of `@thimble//tools/rust:defs.bzl`.

```starlark
thimble = use_extension("@thimble//:extensions.bzl", "thimble")
thimble.workspace(
    cargo_toml = "//:Cargo.toml",
    crates = "@crates//:defs.bzl",
)
use_repo(thimble, "cargo_lock")

include("//tools:thimble.MODULE.bazel")
```

The extension creates the repository `cargo_lock` with two files for `crate.from_cargo`: `//:Cargo.lock`, which is checked against the
Cargo.toml files, for `cargo_lockfile`, and `//:config.toml`, the registries of `.cargo/config.toml`, for `cargo_config`. The included file
is a link to `tools/module/crates.MODULE.bazel` of thimble; it has the tag for the crates of thimble's tools. docs/module.md describes the other tags that a module needs.

A second tag gives the packages in its directory their own crates, versions and features; docs/cargo.md has the steps.
""",
    implementation = _thimble_impl,
    tag_classes = {
        "workspace": tag_class(
            doc = "A Cargo workspace of a module. A package belongs to the workspace of the innermost directory that contains it. " +
                  "The platforms and the release profile of images are those of the first tag for a `cargo_toml` of the root module.",
            attrs = {
                "cargo_lock": attr.string(
                    doc = "Name of the repository with the checked Cargo.lock. A Cargo.lock outside the root module is not checked. " +
                          "If the Cargo workspace is in a subdirectory `DIR`, the repository also contains `//DIR:Cargo.toml`, in which paths " +
                          "outside `DIR` are absolute; crate_universe accepts such paths only in this copy.",
                    default = "cargo_lock",
                ),
                "cargo_toml": attr.label(
                    doc = "Cargo.toml at the root of the workspace. Cargo.lock is in the same directory.",
                    mandatory = True,
                ),
                "crates": attr.label(
                    doc = "`defs.bzl` of the repository that `crate.from_cargo` generates for the workspace.",
                    mandatory = True,
                ),
                "ignored_cargo_config": attr.string_list(
                    doc = "Keys of `.cargo/config.toml` next to `cargo_toml` that Bazel does not support and that are not errors, because the " +
                          "build sets them in another way, as in `[\"build.rustflags\"]`. Default: none.",
                ),
                "license_policy": attr.label(
                    doc = "The licenses that SBOM tests allow, a file in the format of cargo-deny's deny.toml. Default: the list of thimble.",
                    default = "//:deny.toml",
                ),
                "platforms": attr.string_list(
                    doc = "Names of the platforms in `@thimble//platforms` to build images for. An image without `--platforms` is for the first. " +
                          "Only the first tag for a `cargo_toml` of the root module is used. Default: all.",
                    default = _PLATFORM_NAMES,
                ),
            },
        ),
    },
)
