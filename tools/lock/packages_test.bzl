"""Tests of the comparison of two versions of Cargo.lock."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":packages.bzl", "conflict_marker", "describe_changes", "locked_dependencies", "unused_patches")

def _package(name, version, dependencies = [], checksum = None):
    lines = ["", "[[package]]", "name = \"{}\"".format(name), "version = \"{}\"".format(version)]
    if checksum:
        lines += ["source = \"registry+index\"", "checksum = \"{}\"".format(checksum)]
    if dependencies:
        lines += ["dependencies = ["] + [" \"{}\",".format(name) for name in dependencies] + ["]"]
    return "\n".join(lines + [""])

def _unused(name, version):
    return _package(name, version).replace("[[package]]", "[[patch.unused]]")

_HEAD = "version = 4\n"
_HELLO = _package("hello", "0.1.0", ["serde"])
_SERDE = _package("serde", "1.0.0", checksum = "a")

def _changes_impl(ctx):
    env = unittest.begin(ctx)
    before = _HEAD + _HELLO + _SERDE
    for after, changes in [
        (_HEAD + _HELLO + _SERDE + _package("tokio", "1.2.0"), ["tokio 1.2.0: added"]),
        (_HEAD + _HELLO, ["serde 1.0.0: removed"]),
        (_HEAD + _package("hello", "0.2.0", ["serde"]) + _SERDE, ["hello 0.1.0: now 0.2.0"]),
        # A dependent of a crate whose version changed is not listed.
        (_HEAD + _HELLO + _package("serde", "1.1.0"), ["serde 1.0.0: now 1.1.0"]),
        (
            _HEAD + _package("hello", "0.1.0", ["serde 1.0.0"]) + _SERDE + _package("serde", "2.0.0"),
            ["serde 1.0.0: now 1.0.0, 2.0.0"],
        ),
        (_HEAD + _package("hello", "0.1.0", ["links", "serde"]) + _SERDE, ["hello 0.1.0: now depends on links"]),
        (_HEAD + _package("hello", "0.1.0") + _SERDE, ["hello 0.1.0: no longer depends on serde 1.0.0"]),
        (_HEAD + _HELLO + _package("serde", "1.0.0", checksum = "b"), ["serde 1.0.0: source or checksum changed"]),
        ("version = 5\n" + _HELLO + _SERDE, ["only the format changed"]),
        (before + _unused("serde", "2.0.0"), ["serde 2.0.0: now an unused patch"]),
    ]:
        asserts.equals(env, changes, describe_changes(before, after))
    return unittest.end(env)

def _choice_of_version_impl(ctx):
    env = unittest.begin(ctx)
    versions = _package("serde", "1.0.0") + _package("serde", "2.0.0")
    asserts.equals(
        env,
        ["hello 0.1.0: no longer depends on serde 1.0.0, now depends on serde 2.0.0"],
        describe_changes(
            _package("hello", "0.1.0", ["serde 1.0.0"]) + versions,
            _package("hello", "0.1.0", ["serde 2.0.0 (registry+index)"]) + versions,
        ),
    )
    return unittest.end(env)

def _patches_impl(ctx):
    env = unittest.begin(ctx)
    after = _HEAD + _HELLO + _SERDE
    asserts.equals(env, ["serde 2.0.0: no longer an unused patch"], describe_changes(after + _unused("serde", "2.0.0"), after))
    asserts.equals(env, ["serde 2.0.0"], unused_patches(after + _unused("serde", "2.0.0")))
    asserts.equals(env, ["serde 1.0.0"], locked_dependencies(after + _unused("serde", "2.0.0"))["hello 0.1.0"])
    return unittest.end(env)

def _conflicts_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, None, conflict_marker(_HEAD + _HELLO))
    asserts.equals(env, struct(line = 2, text = "<<<<<<< HEAD"), conflict_marker(_HEAD + "<<<<<<< HEAD\n" + _HELLO))
    asserts.equals(env, struct(line = 2, text = ">>>>>>> main"), conflict_marker(_HEAD + ">>>>>>> main\n"))
    return unittest.end(env)

_changes_test = unittest.make(_changes_impl)
_choice_of_version_test = unittest.make(_choice_of_version_impl)
_conflicts_test = unittest.make(_conflicts_impl)
_patches_test = unittest.make(_patches_impl)

def packages_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, _changes_test, _choice_of_version_test, _conflicts_test, _patches_test)
