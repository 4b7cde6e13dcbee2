"""Rules that the repositories of composed base images use."""

load(":tool.bzl", "TOOL_ATTRS", "display_label", "run_tool")

def _debian_base_layer_impl(ctx):
    output = ctx.actions.declare_file(ctx.label.name + ".tar.gz")
    args = ctx.actions.args()
    args.add("--kind", ctx.attr.kind)
    args.add("--output", output)
    inputs = []
    for package in ctx.attr.packages:
        tar = _named(ctx.files.files, package + ".tar")
        control = _named(ctx.files.files, package + ".control")
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

def _named(files, name):
    for file in files:
        if file.basename == name:
            return file
    fail("`files` has no %s" % name)

debian_base_layer = rule(
    implementation = _debian_base_layer_impl,
    doc = "Composes the layer of a base image from Debian packages that were taken apart.",
    attrs = {
        "files": attr.label_list(
            doc = "List of labels, required: for each package `NAME.tar`, its files, and `NAME.control`, its fields.",
            allow_files = [".tar", ".control"],
            mandatory = True,
        ),
        "kind": attr.string(
            doc = "String, required: what the base is for.",
            mandatory = True,
            values = ["static", "busybox"],
        ),
        "packages": attr.string_list(
            doc = "List of strings, required: the packages' names.",
            mandatory = True,
        ),
    } | TOOL_ATTRS,
)

def _unavailable_base_impl(ctx):
    fail("%s: %s" % (display_label(ctx.label), ctx.attr.message))

unavailable_base = rule(
    implementation = _unavailable_base_impl,
    doc = "Stands for a base image that can't be made here: loads, and fails with its message when it is built.",
    attrs = {
        "message": attr.string(
            doc = "String, required: what is missing and what to do.",
            mandatory = True,
        ),
    },
)
