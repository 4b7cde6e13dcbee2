"""The repository rule with the names of the platforms that the root module builds images for."""

def _image_platforms_impl(rctx):
    rctx.file("BUILD.bazel", "exports_files([\"defs.bzl\"])\n")
    rctx.file("defs.bzl", "\"\"\"Names of image platforms.\"\"\"\n\nNAMES = {}\n".format(repr(rctx.attr.names)))

image_platforms = repository_rule(
    doc = """Writes `defs.bzl` with `NAMES`, the list of platform names.

A separate repository, because loading a platform must not resolve crates.
""",
    implementation = _image_platforms_impl,
    attrs = {
        "names": attr.string_list(doc = "Names of platforms in `//platforms`, the default platform first."),
    },
)
