"""The rule in the repositories of pulled images."""

load(":providers.bzl", "OciLayoutInfo")
load(":tool.bzl", "TOOL_ATTRS", "run_tool")

def _pulled_layout_impl(ctx):
    output = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add("--index", ctx.file.index)
    args.add_all(ctx.files.blobs, before_each = "--blob")
    args.add_all("--output", [output], expand_directories = False)
    run_tool(
        ctx,
        "layout",
        args,
        inputs = [ctx.file.index] + ctx.files.blobs,
        mnemonic = "OCILayout",
        outputs = [output],
        progress_message = "Checking pulled image %{label}",
    )
    return [
        DefaultInfo(files = depset([output]), runfiles = ctx.runfiles(files = [output] + ctx.files.blobs)),
        OciLayoutInfo(is_index = False, layout = output),
    ]

pulled_layout = rule(
    implementation = _pulled_layout_impl,
    doc = "Creates an OCI layout of the blobs of one image. Each blob is linked by its computed digest.",
    attrs = {
        "blobs": attr.label_list(
            doc = "List of labels, required: the manifest, the config and the layers.",
            allow_files = True,
            mandatory = True,
        ),
        "index": attr.label(
            doc = "Label, required: an image index of one manifest.",
            allow_single_file = True,
            mandatory = True,
        ),
    } | TOOL_ATTRS,
    provides = [DefaultInfo, OciLayoutInfo],
)
