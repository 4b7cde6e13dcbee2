"""The rule that extracts a file from an image."""

def _image_file_impl(ctx):
    layout = ctx.file.image
    args = ctx.actions.args()
    args.add("extract")
    args.add_all([layout], expand_directories = False)
    args.add(ctx.attr.path)
    args.add("--output", ctx.outputs.out)
    ctx.actions.run(
        executable = ctx.executable._check,
        arguments = [args],
        inputs = depset([layout], transitive = [ctx.attr.image[DefaultInfo].default_runfiles.files]),
        mnemonic = "ImageFile",
        outputs = [ctx.outputs.out],
        progress_message = "Extracting %{output}",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]))]

image_file = rule(
    doc = """Extracts a regular file from an image and keeps its mode.

```starlark
image_file(
    name = "busybox_program",
    image = "@busybox",
    out = "busybox",
    path = "/bin/busybox",
)
```
""",
    implementation = _image_file_impl,
    attrs = {
        "image": attr.label(
            doc = "The OCI layout of an image.",
            allow_single_file = True,
            mandatory = True,
        ),
        "out": attr.output(
            doc = "Name of the output file.",
            mandatory = True,
        ),
        "path": attr.string(
            doc = "Absolute path of the file in the image. Symbolic links are followed. An error if the image has no such file.",
            mandatory = True,
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "exec",
            executable = True,
        ),
    },
)
