"""A target that cannot be built, for a reason that only its users need to know."""

def _unavailable_impl(ctx):
    fail("%s: %s" % (ctx.label, ctx.attr.message))

unavailable = rule(
    doc = "Fails when it is analyzed; queries of it work.",
    implementation = _unavailable_impl,
    attrs = {
        "message": attr.string(
            doc = "What is missing, and the command that mends it.",
            mandatory = True,
        ),
    },
)
