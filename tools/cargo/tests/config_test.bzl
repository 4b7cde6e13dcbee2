"""Tests of `.cargo/config.toml`."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:config.bzl", "read_config")
load("//tools/cargo/private:registry_config.bzl", "registry_config")
load("//tools/cargo/private:toml.bzl", "parse_toml")

_CONFIG = """
[alias]
t = "test"

[build]
jobs = 2
target-dir = "out"

[env]
PLAIN = "a $b"
FORCED = { value = "c", force = true }
ROOT = { value = "", relative = true }
FILE = { value = "data/file", relative = true }
ABSOLUTE = { value = "/data", relative = true }

[profile.dev]
debug = 0

[profile.release]
opt-level = "s"

[source.crates-io]
replace-with = "mirror"

[target.x86_64-unknown-linux-gnu]
linker = "clang"
"""

def _env_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    config = read_config(parse_toml(_CONFIG).value, "rust", [], errors)
    asserts.equals(env, [], errors)
    asserts.equals(env, {
        "ABSOLUTE": (False, "/data"),
        "FILE": (True, "rust/data/file"),
        "FORCED": (False, "c"),
        "PLAIN": (False, "a $b"),
        "ROOT": (True, "rust/"),
    }, {name: (variable["relative"], variable["value"]) for name, variable in config.env.items()})
    asserts.equals(env, {"opt-level": "s"}, config.release)
    return unittest.end(env)

_UNSUPPORTED = {
    "[build]\nrustflags = []": "unsupported key \"build.rustflags\"",
    "[env]\nA = \"${pwd}/a\"": "unsupported \"env.A\" \"${pwd}/a\"",
    "[env]\nA = 1": "invalid \"env.A\": expected a string",
    "[env]\nA = { value = \"a\", type = \"b\" }": "unsupported key \"env.A.type\"",
    "[profile.release]\ntrim-paths = true": "unsupported key \"profile.release.trim-paths\"",
    "[target.'cfg(unix)']\nrustflags = []": "unsupported key \"target.cfg(unix).rustflags\"",
    "[target.x.foo]\nrustc-link-lib = []": "unsupported key \"target.x.foo\"",
    "[unstable]\nbuild-std = []": "unsupported key \"unstable\"",
    "include = \"a.toml\"": "unsupported key \"include\"",
}

def _unsupported_impl(ctx):
    env = unittest.begin(ctx)
    for text, expected in _UNSUPPORTED.items():
        errors = []
        read_config(parse_toml(text).value, "", [], errors)
        asserts.equals(env, 1, len(errors), text)
        asserts.true(env, errors[0].startswith(".cargo/config.toml: " + expected), "{}: {}".format(text, errors))
    return unittest.end(env)

def _custom_options_impl(ctx):
    env = unittest.begin(ctx)
    config = parse_toml("""
[build]
rustflags = ["--cfg=a", "--check-cfg=cfg(b)", "--cfg", "c=\\"x y\\"", "-Copt-level=3"]

[target.'cfg(unix)']
rustflags = "--cfg d -Ctarget-cpu=native"
""").value
    for ignored, expected in [
        ([], []),
        (["build.rustflags"], ["a", "c"]),
        (["build.rustflags", "target.cfg(unix).rustflags"], ["a", "c", "d"]),
    ]:
        asserts.equals(env, expected, read_config(config, "", ignored, []).custom_options)
    return unittest.end(env)

def _ignored_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    config = parse_toml("[build]\nrustflags = []").value
    read_config(config, "", ["build.rustflags"], errors)
    asserts.equals(env, [], errors)
    read_config(config, "", ["build.rustflags", "paths"], errors)
    asserts.equals(env, 1, len(errors))
    asserts.true(env, "'ignored_cargo_config': \"paths\"" in errors[0], errors[0])
    return unittest.end(env)

_REGISTRIES = """
[build]
rustc-wrapper = "sccache"

[http]
cainfo = "/etc/\\"team\\".pem"
ssl-version = { min = "tlsv1.2" }

[net]
offline = false
retry = 5

[registries.crates-io]
protocol = "sparse"

[registries."a b"]
index = "sparse+https://crates.example.com/"

[source.crates-io]
replace-with = "mirror"
"""

_DIRECTORY_SOURCE = """
[registries.team]
index = "sparse+https://crates.example.com/"

[source.crates-io]
replace-with = "vendored"

[source.vendored]
directory = "vendor"
"""

def _registries_impl(ctx):
    env = unittest.begin(ctx)
    found = parse_toml(registry_config(parse_toml(_REGISTRIES).value))
    asserts.equals(env, None, found.error)
    asserts.equals(env, {
        "http": {"cainfo": "/etc/\"team\".pem", "ssl-version": {"min": "tlsv1.2"}},
        "net": {"offline": False, "retry": 5},
        "registries": {"a b": {"index": "sparse+https://crates.example.com/"}},
        "source": {"crates-io": {"replace-with": "mirror"}},
    }, found.value)
    asserts.equals(
        env,
        {"registries": {"team": {"index": "sparse+https://crates.example.com/"}}},
        parse_toml(registry_config(parse_toml(_DIRECTORY_SOURCE).value)).value,
    )
    asserts.equals(env, "", registry_config({}))
    return unittest.end(env)

env_test = unittest.make(_env_impl)
unsupported_test = unittest.make(_unsupported_impl)
custom_options_test = unittest.make(_custom_options_impl)
ignored_test = unittest.make(_ignored_impl)
registries_test = unittest.make(_registries_impl)

def config_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, custom_options_test, env_test, unsupported_test, ignored_test, registries_test)
