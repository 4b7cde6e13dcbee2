"""Tests of `cfg(...)` expressions."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:cfg.bzl", "cfg_matches")

_MUSL = "x86_64-unknown-linux-musl"

_MATCHES = {
    "cfg(all())": True,
    "cfg(all(unix, target_os = \"linux\"))": True,
    "cfg(all(unix, target_os = \"macos\"))": False,
    "cfg(all(windows, any(target_feature = \"sse2\", debug_assertions)))": False,
    "cfg(any())": False,
    "cfg(any(unix, not(target_feature = \"sse2\")))": True,
    "cfg(any(windows, target_env = \"musl\"))": True,
    "cfg(not(any(target_env = \"gnu\", windows)))": True,
    "cfg(not(target_env = \"musl\"))": False,
    "cfg(target_abi = \"\")": True,
    "cfg(target_arch = \"aarch64\")": False,
    "cfg(target_pointer_width=\"64\")": True,
    "cfg(tokio_unstable)": False,
    "cfg(unix)": True,
    "cfg(windows)": False,
    "x86_64-unknown-linux-gnu": False,
    _MUSL: True,
}

def _matches_impl(ctx):
    env = unittest.begin(ctx)
    for expression, expected in _MATCHES.items():
        found = cfg_matches(expression, _MUSL)
        asserts.equals(env, (expected, None), (found.matches, found.error), expression)
    asserts.true(env, cfg_matches("cfg(target_env = \"\")", "aarch64-apple-darwin").matches)
    asserts.true(env, cfg_matches("cfg(target_os = \"macos\")", "aarch64-apple-darwin").matches)
    return unittest.end(env)

def _errors_impl(ctx):
    env = unittest.begin(ctx)
    for expression in ["cfg(unix", "cfg(unix))", "cfg(some(unix))", "cfg(a = b)", "cfg()", "cfg(a =)", "cfg(unix, windows) x"]:
        asserts.true(env, cfg_matches(expression, _MUSL).error, expression)
    for expression in ["cfg(all(unix, loom))", "cfg(not(loom = \"a\"))"]:
        asserts.equals(env, None, cfg_matches(expression, _MUSL).error, expression)
        found = cfg_matches(expression, _MUSL, ["loom"])
        asserts.equals(env, "unsupported option \"loom\": crate_universe ignores it; use a feature instead", found.error)
    for option in ["debug_assertions", "target_feature = \"sse2\""]:
        found = cfg_matches("cfg(all(unix, not({})))".format(option), _MUSL)
        asserts.equals(env, "unsupported option \"{}\": crate_universe ignores it; use a feature instead".format(option.split(" ")[0]), found.error)
    return unittest.end(env)

matches_test = unittest.make(_matches_impl)
errors_test = unittest.make(_errors_impl)

def cfg_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, matches_test, errors_test)
