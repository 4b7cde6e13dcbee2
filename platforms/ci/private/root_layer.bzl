"""The rule that writes a layer of the build root."""

_EXECUTION_REQUIREMENTS = {
    # The action reads the root, which root.json only identifies.
    "no-remote": "1",
    # The layer is large, and writing it is faster than hashing it.
    "no-cache": "1",
}

def _root_layer_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".tar.zst")
    ctx.actions.run(
        executable = "/usr/bin/python3",
        arguments = [ctx.file._root_layer.path, ctx.file._root.path, ctx.attr.component, out.path],
        env = {"PYTHONDONTWRITEBYTECODE": "1"},
        execution_requirements = _EXECUTION_REQUIREMENTS,
        inputs = [ctx.file._root] + ctx.files._scripts,
        mnemonic = "RootLayer",
        outputs = [out],
        progress_message = "Writing layer %{output}",
    )
    return [DefaultInfo(files = depset([out]))]

root_layer = rule(
    doc = """Writes a layer of the build root, `<name>.tar.zst`, for the attribute `tars` of `oci_image`.

The same packages and scripts produce the same bytes on every machine: the layer contains no owners, setuid bits, times of generated files
or files of the machine (users, host name, resolver, certificates). Outside a build root the target is incompatible.

```starlark
load("//platforms/ci:defs.bzl", "root_layer")

root_layer(
    name = "zig",
    component = "zig",
)
```
""",
    implementation = _root_layer_impl,
    attrs = {
        "component": attr.string(
            doc = "The component of the build root, a stage of tools/distro/setup.",
            mandatory = True,
            values = ["debian", "rules_rust", "zig", "rust-std", "cargo-bazel"],
        ),
        "_root": attr.label(
            default = "@build_root//:root.json",
            allow_single_file = True,
        ),
        "_root_layer": attr.label(
            default = "//platforms/layer:root_layer.py",
            allow_single_file = True,
        ),
        "_scripts": attr.label(
            default = "//platforms/layer",
        ),
    },
)
