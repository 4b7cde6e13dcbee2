"""Rules in the repositories of composed base images."""

load(":tool.bzl", "TOOL_ATTRS", "display_label", "run_tool")

def _debian_base_layer_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".tar.gz")
    args = ctx.actions.args()
    args.add("--kind", ctx.attr.kind)
    args.add("--output", output)
    inputs = []
    for package in ctx.attr.packages:
        tar = _find_file(ctx.files.files, package + ".tar")
        control = _find_file(ctx.files.files, package + ".control")
        args.add("--package", package)
        args.add("--files", tar)
        args.add("--control", control)
        inputs.extend([tar, control])
    run_tool(
        ctx,
        "base",
        args,
        inputs = inputs,
        mnemonic = "OCIBaseLayer",
        outputs = [output],
        progress_message = "Composing base layer %{label}",
    )
    return [DefaultInfo(files = depset([output]))]

def _find_file(files, name):
    for file in files:
        if file.basename == name:
            return file
    fail("missing file %r in attribute 'files'" % name)

debian_base_layer = rule(
    implementation = _debian_base_layer_impl,
    doc = "Composes the layer of a base image from unpacked Debian packages.",
    attrs = {
        "files": attr.label_list(
            doc = "List of labels, required: for each package `NAME.tar` (its files) and `NAME.control` (its control fields).",
            allow_files = [".tar", ".control"],
            mandatory = True,
        ),
        "kind": attr.string(
            doc = "String, required: the kind of base.",
            mandatory = True,
            values = ["static", "busybox"],
        ),
        "packages": attr.string_list(
            doc = "List of strings, required: names of the packages.",
            mandatory = True,
        ),
    } | TOOL_ATTRS,
)

def _unavailable_base_impl(ctx):
    fail("%s: %s" % (display_label(ctx.label), ctx.attr.message))

unavailable_base = rule(
    implementation = _unavailable_base_impl,
    doc = "Placeholder for a base image that cannot be composed: fails with its message in analysis.",
    attrs = {
        "message": attr.string(
            doc = "String, required: the error.",
            mandatory = True,
        ),
    },
)
