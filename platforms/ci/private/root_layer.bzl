"""Layers of the build root."""

_EXECUTION_REQUIREMENTS = {
    # The root itself is read, of which root.json is the identity.
    "no-remote": "1",
    # As large as the root, and made faster than it is hashed.
    "no-cache": "1",
}

def _root_layer_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    ctx.actions.run(
        executable = "/usr/bin/python3",
        arguments = [ctx.file._root_layer.path, ctx.file._root.path, ctx.attr.part, out.path],
        env = {"PYTHONDONTWRITEBYTECODE": "1"},
        execution_requirements = _EXECUTION_REQUIREMENTS,
        inputs = [ctx.file._root] + ctx.files._scripts,
        mnemonic = "RootLayer",
        outputs = [out],
        progress_message = "Writing layer %{output}",
    )
    return [DefaultInfo(files = depset([out]))]

root_layer = rule(
    doc = """A layer of the build root: `<name>.tar.zst`, for `tars` of `oci_image`.

The same packages and scripts give the same bytes on every machine: owners, setuid bits, the times of generated files, and the machine's own
files (users, host name, resolver, certificates) are not part of it.

```starlark
load("//platforms/ci:defs.bzl", "root_layer")

root_layer(
    name = "zig",
    part = "zig",
)
```
""",
    implementation = _root_layer_impl,
    attrs = {
        "part": attr.string(
            doc = "The stage of tools/distro/setup whose result this is.",
            mandatory = True,
            values = ["debian", "rules_rust", "zig", "rust-std", "cargo-bazel"],
        ),
        "_root": attr.label(
            default = "@build_root//:root.json",
            allow_single_file = True,
        ),
        "_root_layer": attr.label(
            default = "//platforms/ci/layer:root_layer.py",
            allow_single_file = True,
        ),
        "_scripts": attr.label(
            default = "//platforms/ci/layer",
        ),
    },
)
