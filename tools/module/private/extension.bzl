"""The extension `thimble`: Cargo workspaces of modules, and what the root module decides for the whole build."""

load("//platforms:all.bzl", "ALL_IMAGE_PLATFORMS")
load("//tools/cargo:defs.bzl", "cargo_workspace")
load("//tools/lock:cargo_lock.bzl", "cargo_lock")
load(":image_platforms.bzl", "image_platforms")
load(":workspaces.bzl", "workspaces")

_PLATFORM_NAMES = [platform.name for platform in ALL_IMAGE_PLATFORMS]

def _tag(module):
    tags = module.tags.workspace
    if len(tags) > 1:
        fail("thimble.workspace: expected one tag in module \"{}\", found {}".format(module.name, len(tags)))
    return tags[0] if tags else None

def _platform_names(tag):
    names = tag.platforms
    if not names:
        fail("thimble.workspace: 'platforms' is empty: expected at least one of {}".format(", ".join(_PLATFORM_NAMES)))
    for name in names:
        if name not in _PLATFORM_NAMES:
            fail("thimble.workspace: unknown platform \"{}\" in 'platforms': expected {}".format(
                name,
                " or ".join(_PLATFORM_NAMES),
            ))
    return names

def _thimble_impl(module_ctx):
    used = []
    platforms = _PLATFORM_NAMES
    for module in module_ctx.modules:
        tag = _tag(module)
        if not tag:
            continue
        members = "cargo_workspace_" + module.name
        cargo_lock(
            name = tag.cargo_lock,
            cargo_toml = tag.cargo_toml,
            checked = module.is_root,
        )
        cargo_workspace(
            name = members,
            cargo_lockfile = "@{}//:Cargo.lock".format(tag.cargo_lock),
            cargo_toml = tag.cargo_toml,
            crates = tag.crates,
        )
        used.append(struct(
            cargo_lock = tag.cargo_lock,
            cargo_toml = str(tag.cargo_toml),
            crates = str(tag.crates),
            is_root = module.is_root,
            license_policy = str(tag.license_policy),
            members = members,
            repository = tag.cargo_toml.repo_name,
        ))
        if module.is_root:
            platforms = _platform_names(tag)
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
    doc = """Builds a module's Cargo workspace with the macros of `@thimble//tools/rust:defs.bzl`.

```starlark
thimble = use_extension("@thimble//:extensions.bzl", "thimble")
thimble.workspace(
    cargo_toml = "//:Cargo.toml",
    crates = "@crates//:defs.bzl",
)
use_repo(thimble, "cargo_lock")
```

Repositories: `cargo_lock`, whose file `//:Cargo.lock` is checked against the Cargo.toml files, for `cargo_lockfile` of
`crate.from_cargo`.
""",
    implementation = _thimble_impl,
    tag_classes = {
        "workspace": tag_class(
            doc = "The module's Cargo workspace; one tag a module.",
            attrs = {
                "cargo_lock": attr.string(
                    doc = "Name of the repository with the checked Cargo.lock. Of a module that is not the root, the lock is taken as it is.",
                    default = "cargo_lock",
                ),
                "cargo_toml": attr.label(
                    doc = "The workspace's Cargo.toml; Cargo.lock lies beside it.",
                    mandatory = True,
                ),
                "crates": attr.label(
                    doc = "`defs.bzl` of the repository that `crate.from_cargo` makes of that workspace.",
                    mandatory = True,
                ),
                "license_policy": attr.label(
                    doc = "The licenses that SBOM tests allow, in the format of cargo-deny's deny.toml; default: thimble's own list.",
                    default = "//:deny.toml",
                ),
                "platforms": attr.string_list(
                    doc = "Names of the platforms in `@thimble//platforms` that images are built for, the first by default; of the root module alone.",
                    default = _PLATFORM_NAMES,
                ),
            },
        ),
    },
)
