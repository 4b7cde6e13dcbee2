"""`failure_test`: expects a target to fail in analysis."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")

def _failure_test_impl(ctx):
    env = analysistest.begin(ctx)
    asserts.expect_failure(env, ctx.attr.message)

    # Every error of the rules names the target; Bazel names it in a separate message, which tests do not see.
    if ctx.attr.target:
        asserts.expect_failure(env, ctx.attr.target)
    return analysistest.end(env)

_failure_test = analysistest.make(
    _failure_test_impl,
    attrs = {
        "message": attr.string(mandatory = True),
        "target": attr.string(),
    },
    expect_failure = True,
)

def failure_test(name, target_under_test, message, by_bazel = False):
    """Checks that a target fails in analysis with an error.

    Args:
        name: String, the test.
        target_under_test: String, the target, in the same package.
        message: String, expected part of the error, in addition to the target's label.
        by_bazel: Bool, whether Bazel rather than a rule reports the error.
    """
    _failure_test(
        name = name,
        message = message,
        target = "" if by_bazel else "%s:%s" % (native.package_name(), target_under_test),
        target_under_test = target_under_test,
    )

def fails(macro, name, message, by_bazel = False, **kwargs):
    """Declares a target that fails in analysis, and its test.

    Targets created: `<name>`, manual, and `<name>_fails_test`.

    Args:
        macro: The macro under test.
        name: String, the target.
        message: String, expected part of the error, in addition to the target's label.
        by_bazel: Bool, whether Bazel rather than a rule reports the error.
        **kwargs: The target's attributes.
    """
    macro(
        name = name,
        tags = ["manual"],
        **kwargs
    )
    failure_test(
        name = name + "_fails_test",
        by_bazel = by_bazel,
        message = message,
        target_under_test = name,
    )
