"""The rule that writes an image's digest."""

load(":tool.bzl", "TOOL_ATTRS", "run_tool")

def _oci_digest_impl(ctx):
    args = ctx.actions.args()
    args.add_all("--image", [ctx.file.image], expand_directories = False)
    args.add("--output", ctx.outputs.out)
    run_tool(
        ctx,
        "digest",
        args,
        inputs = [ctx.file.image],
        mnemonic = "OCIDigest",
        outputs = [ctx.outputs.out],
        progress_message = "Writing digest %{output}",
    )
    files = depset([ctx.outputs.out])
    return [DefaultInfo(files = files, runfiles = ctx.runfiles(transitive_files = files))]

oci_digest = rule(
    implementation = _oci_digest_impl,
    doc = "Writes the digest of an image's manifest, or of an image index: `sha256:`, 64 hexadecimal digits and a newline.",
    attrs = {
        "image": attr.label(
            doc = "Label of an OCI layout directory of one image or image index, required.",
            allow_single_file = True,
            mandatory = True,
        ),
        "out": attr.output(
            doc = "String, required: name of the file.",
            mandatory = True,
        ),
    } | TOOL_ATTRS,
)
