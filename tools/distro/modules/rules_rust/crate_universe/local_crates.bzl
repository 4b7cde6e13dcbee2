"""Repositories of path dependencies that are not workspace members: copies with a generated BUILD file, as in rules_rust 0.73."""

_PREFIX = "path:"

def _source(ctx, manifest, directory):
    """Returns the path of a crate's directory, absolute or relative to that of `manifest`."""
    return ctx.path(directory if directory.startswith("/") else "{}/{}".format(ctx.path(manifest).dirname, directory))

def _local_crate_impl(rctx):
    source = _source(rctx, rctx.attr.manifest, rctx.attr.directory)
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
    doc = "Copies a crate from a directory of the workspace.",
    implementation = _local_crate_impl,
    attrs = {
        "build_file_content": attr.string(doc = "Content of the BUILD file."),
        "directory": attr.string(doc = "The crate's directory, absolute or relative to that of `manifest`."),
        "manifest": attr.label(doc = "Cargo.toml of the workspace."),
    },
)

def is_local_crate(repository):
    """Whether the source of a crate is a directory.

    Args:
        repository: `repository` of a crate in cargo-bazel's output.

    Returns:
        A bool.
    """
    return repository.get("Http", {}).get("url", "").startswith(_PREFIX)

def _watch_inputs(module_ctx, source):
    """Watches the files that determine the BUILD file: Cargo.toml, that of a workspace in a parent directory, and build.rs, if it exists.

    Files outside the Bazel workspace cannot be watched by an extension.
    """
    source.readdir()
    directory = source
    for _ in str(source).split("/"):
        manifest = directory.get_child("Cargo.toml")
        if manifest.exists:
            module_ctx.read(manifest)
        directory = directory.dirname
        if not directory:
            return

def declare_local_crate(module_ctx, repository, name, build_file_content, manifests):
    """Declares the repository of a crate whose source is a directory.

    Args:
        module_ctx: the context of the extension.
        repository: `repository` of a crate in cargo-bazel's output.
        name: name of the repository.
        build_file_content: content of the BUILD file.
        manifests: `manifests` of `crate.from_cargo`.
    """
    directory = repository["Http"]["url"].removeprefix(_PREFIX).removesuffix("/")
    _watch_inputs(module_ctx, _source(module_ctx, manifests[0], directory))
    local_crate(
        name = name,
        build_file_content = build_file_content,
        directory = directory,
        manifest = manifests[0],
    )
