"""The crates that are linked into a program, from Bazel's own graph."""

load("@rules_rust//rust:rust_common.bzl", "CrateInfo")

LinkedCratesInfo = provider(
    doc = "The crates that a crate is linked with.",
    fields = {
        "crate": "struct of the crate itself: `id`, `crate`, `package`, `version`, `features`, `manifest`, `deps`.",
        "crates": "depset of such structs, the crate's own among them, what it needs before it.",
    },
)

_PACKAGE_TAG = "crate-name="

def _package(tags):
    """The package that crate_universe made the target of; None for a crate of the workspace."""
    for tag in tags:
        if tag.startswith(_PACKAGE_TAG):
            return tag.removeprefix(_PACKAGE_TAG)
    return None

def _manifest(files):
    """Cargo.toml in the directory of the crate, which crate_universe makes compile_data."""
    found = None
    for file in files.to_list():
        if file.basename == "Cargo.toml" and (not found or len(file.path) < len(found.path)):
            found = file
    return found

def linked_with(deps):
    """What a target is linked with.

    Args:
        deps: list of targets that `linked_crates` was applied to.

    Returns:
        Pair of the ids of the crates among them and the depset of all crates.
    """
    infos = [dep[LinkedCratesInfo] for dep in deps if LinkedCratesInfo in dep]
    return (
        [info.crate.id for info in infos],
        depset(transitive = [info.crates for info in infos], order = "postorder"),
    )

def _linked_crates_impl(target, ctx):
    wrapped = getattr(ctx.rule.attr, "actual", None)
    if wrapped:
        # Of a `release_binary`, whose transition makes a list of it.
        return [dep[LinkedCratesInfo] for dep in wrapped if LinkedCratesInfo in dep] if type(wrapped) == "list" else []

    # What has no crate is a build script's output or C: no crate of its own. A proc macro runs in the compiler only.
    if CrateInfo not in target or target[CrateInfo].type == "proc-macro":
        return []
    info = target[CrateInfo]
    ids, below = linked_with(ctx.rule.attr.deps)
    package = _package(ctx.rule.attr.tags)
    crate = struct(
        id = str(target.label),
        crate = info.name,
        deps = tuple(ids),
        features = tuple(sorted(ctx.rule.attr.crate_features)),
        manifest = _manifest(info.compile_data) if package else None,
        package = package,
        version = ctx.rule.attr.version,
    )
    return [LinkedCratesInfo(
        crate = crate,
        crates = depset([crate], transitive = [below], order = "postorder"),
    )]

linked_crates = aspect(
    doc = "Collects the crates that are linked in along `deps`, with their features; not proc macros, nor what build scripts are made of.",
    implementation = _linked_crates_impl,
    attr_aspects = ["actual", "deps"],
    provides = [],
)
