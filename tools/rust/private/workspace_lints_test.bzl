"""Tests of the parser of `[workspace.lints]`."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load(":workspace_lints.bzl", "parse_workspace_lints")

_LINTS = """
[workspace.package]
edition = "2021"

[workspace.lints.rust]
# comment
unsafe_code = "deny"

[workspace.lints.clippy]
dbg_macro = "allow"  # comment
pedantic = { level = "warn", priority = -1 }

[profile.dev]
lto = "off"
"""

def _flags_impl(ctx):
    env = unittest.begin(ctx)
    lints = parse_workspace_lints(_LINTS)
    asserts.equals(env, None, lints.error)
    asserts.equals(
        env,
        ["--warn=clippy::pedantic", "--allow=clippy::dbg_macro", "--deny=unsafe_code"],
        lints.flags,
    )
    return unittest.end(env)

def _errors_impl(ctx):
    env = unittest.begin(ctx)
    for line in [
        "a = \"loud\"",
        "a = warn",
        "a = { level = \"warn\", check-cfg = [] }",
        "a = { level = \"warn\", priority = x }",
        "a = {",
        "a",
    ]:
        error = parse_workspace_lints("[workspace.lints.rust]\n" + line).error
        asserts.true(env, error and "Cargo.toml:2: unsupported lint '{}'".format(line) in error, "{}: {}".format(line, error))
    return unittest.end(env)

_flags_test = unittest.make(_flags_impl)
_errors_test = unittest.make(_errors_impl)

def workspace_lints_test(name):
    """Targets created: the test suite `name`.

    Args:
        name: the suite.
    """
    unittest.suite(name, _flags_test, _errors_test)
