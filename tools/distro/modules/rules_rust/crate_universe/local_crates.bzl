"""Crates at a path of the workspace that are not its members, as rules_rust 0.73 builds them: copied, with a generated BUILD file."""

_PREFIX = "path:"

def _local_crate_impl(rctx):
    source = rctx.path(rctx.attr.manifest).dirname
    for part in rctx.attr.directory.split("/"):
        source = source.get_child(part)
    if not source.exists:
        fail("crate {}: no directory {}".format(rctx.attr.directory, source))
    for child in source.readdir():
        if child.basename in ["BUILD", "BUILD.bazel"]:
            continue
        copied = rctx.execute(["cp", "--recursive", "--dereference", str(child), str(rctx.path(child.basename))])
        if copied.return_code:
            fail("crate {}: cannot copy {}:\n{}".format(rctx.attr.directory, child, copied.stderr))
    rctx.watch_tree(source)
    rctx.file("BUILD.bazel", rctx.attr.build_file_content)

local_crate = repository_rule(
    doc = "A crate in a directory of the workspace.",
    implementation = _local_crate_impl,
    attrs = {
        "build_file_content": attr.string(doc = "The BUILD file."),
        "directory": attr.string(doc = "The crate's directory, from the one of `manifest`."),
        "manifest": attr.label(doc = "Cargo.toml of the workspace."),
    },
)

def is_local_crate(repository):
    """Whether the source of a crate is a directory.

    Args:
        repository: `repository` of a crate in what cargo-bazel writes.

    Returns:
        A bool.
    """
    return repository.get("Http", {}).get("url", "").startswith(_PREFIX)

def local_crate_of(repository, name, build_file_content, manifests):
    """Declares the repository of a crate whose source is a directory.

    Args:
        repository: as of `is_local_crate`.
        name: name of the repository.
        build_file_content: the BUILD file.
        manifests: `manifests` of `crate.from_cargo`.
    """
    local_crate(
        name = name,
        build_file_content = build_file_content,
        directory = repository["Http"]["url"].removeprefix(_PREFIX).removesuffix("/"),
        manifest = manifests[0],
    )
