"""The rule that runs a test on the execution platform, for which proc macros are compiled."""

load(":executable_symlink.bzl", "executable_symlink")

def _exec_test_impl(ctx):
    return [executable_symlink(ctx, ctx.attr.test)]

exec_test = rule(
    doc = "Runs a test that is compiled for the execution platform.",
    implementation = _exec_test_impl,
    attrs = {
        "test": attr.label(
            doc = "The test to run.",
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
    },
    test = True,
)
