"""The repository `thimble_image_platforms`: which platforms the root module builds images for."""

def _image_platforms_impl(rctx):
    rctx.file("BUILD.bazel", "exports_files([\"defs.bzl\"])\n")
    rctx.file("defs.bzl", "\"\"\"Names of image platforms.\"\"\"\n\nNAMES = {}\n".format(repr(rctx.attr.names)))

image_platforms = repository_rule(
    doc = "`defs.bzl` has `NAMES`. Apart from `thimble_workspaces`, since platforms are needed where no crates are.",
    implementation = _image_platforms_impl,
    attrs = {
        "names": attr.string_list(doc = "Names of platforms in `//platforms`."),
    },
)
