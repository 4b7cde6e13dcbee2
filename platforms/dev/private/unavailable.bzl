"""The rule for a target that cannot be built, but can be queried."""

def _unavailable_impl(ctx):
    fail("%s: %s" % (ctx.label, ctx.attr.message))

unavailable = rule(
    doc = "Fails at analysis with a message. Queries of the target succeed.",
    implementation = _unavailable_impl,
    attrs = {
        "message": attr.string(
            doc = "The missing input, and the command that provides it.",
            mandatory = True,
        ),
    },
)
