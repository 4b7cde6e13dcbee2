"""The digest of an image as a file."""

def _image_digest_impl(ctx):
    layout = ctx.file.image
    args = ctx.actions.args()
    args.add("digest")
    args.add_all([layout], expand_directories = False)
    args.add("--output", ctx.outputs.out)
    ctx.actions.run(
        executable = ctx.executable._check,
        arguments = [args],
        inputs = [layout],
        mnemonic = "ImageDigest",
        outputs = [ctx.outputs.out],
        progress_message = "Writing digest %{output}",
    )
    return [DefaultInfo(files = depset([ctx.outputs.out]), runfiles = ctx.runfiles([ctx.outputs.out]))]

image_digest = rule(
    doc = """Writes the digest of an image's manifest or of an image index: `sha256:`, 64 hexadecimal digits and a newline.

A layout of several images without an index of them is an error.

```starlark
image_digest(
    name = "image.digest",
    image = ":image",
    out = "image.json.sha256",
)
```
""",
    implementation = _image_digest_impl,
    attrs = {
        "image": attr.label(
            doc = "The OCI layout of one image or one image index.",
            allow_single_file = True,
            mandatory = True,
        ),
        "out": attr.output(
            doc = "Name of the output file.",
            mandatory = True,
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "exec",
            executable = True,
        ),
    },
)
