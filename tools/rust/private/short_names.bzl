"""Short names of targets: `image` for `hello.image` in a package whose directory has the name of the service.

A program of the package with that name has precedence.
"""

load(":executable_symlink.bzl", "executable_symlink")

def _short_test_impl(ctx):
    actual = ctx.attr.actual

    # Execution requirements of the test, such as no-remote-exec, apply to both names.
    return [executable_symlink(ctx, actual)] + ([actual[testing.ExecutionInfo]] if testing.ExecutionInfo in actual else [])

# A rule, because `bazel test` does not run an alias of a test, and `bazel run` does not run a test suite.
_short_test = rule(
    doc = "Runs a test under another name.",
    implementation = _short_test_impl,
    attrs = {
        "actual": attr.label(
            doc = "The test to run.",
            cfg = "target",
            executable = True,
            mandatory = True,
        ),
    },
    test = True,
)

def _unused(name, targets):
    """Returns the short names of a package that no other target has."""
    if native.package_name().rpartition("/")[2] != name:
        return []
    return [target for target in targets if not native.existing_rule(target)]

def short_names(name, targets, visibility):
    """Declares an alias of `<name>.<target>` for each target, if the directory of the package is named `name`.

    Targets created: `<target>` for each of `targets`.

    Args:
        name: name of the service.
        targets: list of names of targets without the prefix `<name>.`.
        visibility: visibility of the aliases.
    """
    for target in _unused(name, targets):
        native.alias(
            name = target,
            actual = "{}.{}".format(name, target),
            visibility = visibility,
        )

def short_suite_name(name, suite, tests, visibility):
    """Declares a short name of a test suite. It is a second suite, because `bazel test` does not accept an alias.

    Targets created: the `test_suite` `<suite>`, if the directory of the package is named `name`.

    Args:
        name: name of the service.
        suite: name of the suite without the prefix `<name>.`.
        tests: labels of the tests.
        visibility: visibility of the suite.
    """
    for target in _unused(name, [suite]):
        native.test_suite(
            name = target,
            tests = tests,
            visibility = visibility,
        )

def short_test_names(name, tests):
    """Declares short names of tests, for `bazel test` and `bazel run`. They are manual, so wildcard patterns run each test once.

    Targets created: `<test>` for each of `tests`, if the directory of the package is named `name`.

    Args:
        name: name of the service.
        tests: list of names of tests without the prefix `<name>.`.
    """
    for test in _unused(name, tests):
        _short_test(
            name = test,
            size = "small",
            actual = "{}.{}".format(name, test),
            tags = ["manual"],
        )
