"""Short names of targets: `image` for `hello.image`, where a package has one service, named as its directory."""

def _short_test_impl(ctx):
    actual = ctx.attr.actual
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = script, target_file = ctx.executable.actual, is_executable = True)
    default = DefaultInfo(executable = script, runfiles = actual[DefaultInfo].default_runfiles)

    # A tag of the test's, such as no-remote-exec, holds for both names.
    return [default] + ([actual[testing.ExecutionInfo]] if testing.ExecutionInfo in actual else [])

# An alias of a test is not run by `bazel test`, and a test suite of one not by `bazel run`.
_short_test = rule(
    doc = "Runs the test `actual` under another name.",
    implementation = _short_test_impl,
    attrs = {
        "actual": attr.label(
            doc = "The test.",
            cfg = "target",
            executable = True,
            mandatory = True,
        ),
    },
    test = True,
)

def _is_short(name):
    return native.package_name().rpartition("/")[2] == name

def short_names(name, targets, visibility):
    """Aliases of `<name>.<target>`, if the package's directory is named `name`.

    Args:
        name: the service.
        targets: names of targets, without the service's.
        visibility: of the aliases.
    """
    for target in targets if _is_short(name) else []:
        native.alias(
            name = target,
            actual = "{}.{}".format(name, target),
            visibility = visibility,
        )

def short_suite_name(name, suite, tests, visibility):
    """As `short_names`, for a test suite: `bazel test` takes no alias of one.

    Args:
        name: the service.
        suite: name of the suite, without the service's.
        tests: labels of its tests.
        visibility: of the suite.
    """
    if _is_short(name):
        native.test_suite(
            name = suite,
            tests = tests,
            visibility = visibility,
        )

def short_test_names(name, tests):
    """As `short_names`, for tests: they run by `bazel test` and `bazel run` of the short name, and in patterns once.

    Args:
        name: the service.
        tests: names of tests, without the service's.
    """
    for test in tests if _is_short(name) else []:
        _short_test(
            name = test,
            size = "small",
            actual = "{}.{}".format(name, test),
            tags = ["manual"],
        )
