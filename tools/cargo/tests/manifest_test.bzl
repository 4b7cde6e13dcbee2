"""Tests of manifests: inheritance, targets, dependencies, lints and unsupported keys."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:dependencies.bzl", "read_dependencies")
load("//tools/cargo/private:lints.bzl", "lint_flags")
load("//tools/cargo/private:manifest.bzl", "check_keys", "check_patches", "read_package")
load("//tools/cargo/private:profile.bzl", "check_release_keys", "linker_plugin_lto", "llvm_flags", "release_profile")
load("//tools/cargo/private:readme.bzl", "workspace_readme")
load("//tools/cargo/private:toml.bzl", "parse_toml")

_WORKSPACE = """
[workspace.package]
version = "1.2.3-rc.1+build"
edition = "2021"
authors = ["A <a@example.org>", "B"]
license-file = "services/LICENSE"
readme = "README.md"

[workspace.dependencies]
axum = { version = "0.8", default-features = false, features = ["json"] }
chassis = { path = "services/chassis" }

[workspace.lints.clippy]
pedantic = { level = "warn", priority = -1 }
dbg_macro = "deny"
"""

_MANIFEST = """
[package]
name = "my-app"
version.workspace = true
edition = "2024"
authors.workspace = true
license-file.workspace = true
readme.workspace = true
autobenches = false
autolib = false

[[bin]]
name = "app"
path = "./src/../src/main.rs"
required-features = ["cli"]

[dependencies]
axum = { workspace = true, features = ["query"] }
chassis.workspace = true
root = { path = "../.." }
rand_old = { package = "rand", version = "0.8" }

[target.'cfg(unix)'.build-dependencies]
cc = "1"

[lints]
workspace = true
"""

def _package_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    workspace = parse_toml(_WORKSPACE).value["workspace"]
    manifest = parse_toml(_MANIFEST).value
    check_keys(manifest, False, errors)
    package = read_package(manifest, "services/app", workspace, errors)
    asserts.equals(env, [], errors)
    asserts.equals(env, "2024", package["edition"])
    asserts.equals(env, ["bin", "example", "test"], package["auto"])
    asserts.equals(env, ["--warn=clippy::pedantic", "--deny=clippy::dbg_macro"], package["lints"])
    asserts.equals(env, ("my_app", False), (package["lib"]["name"], package["lib"]["auto"]))
    asserts.equals(env, [{
        "harness": True,
        "name": "app",
        "path": "src/main.rs",
        "required_features": ["cli"],
        "test": True,
    }], package["bin"])
    variables = package["env"]
    asserts.equals(env, "A <a@example.org>:B", variables["CARGO_PKG_AUTHORS"])
    asserts.equals(env, ["1", "2", "3", "rc.1"], [
        variables["CARGO_PKG_VERSION_" + part]
        for part in ["MAJOR", "MINOR", "PATCH", "PRE"]
    ])
    asserts.equals(env, "../LICENSE", variables["CARGO_PKG_LICENSE_FILE"])
    asserts.equals(env, "../../README.md", variables["CARGO_PKG_README"])
    return unittest.end(env)

def _readme_impl(ctx):
    env = unittest.begin(ctx)
    manifest = parse_toml("[package]\nname = \"a\"\nreadme.workspace = true").value
    for value, files, expected in [
        (None, ["README", "README.txt"], "../README.txt"),
        (True, [], "../README.md"),
        ("docs/a.md", ["README.md"], "../docs/a.md"),
    ]:
        package = {"readme": workspace_readme({"readme": value} if value else {}, lambda name: name in files)}
        found = read_package(manifest, "app", {"package": package}, [])
        asserts.equals(env, expected, found["env"]["CARGO_PKG_README"])
    asserts.equals(env, None, workspace_readme({"readme": False}, lambda name: True))
    asserts.equals(env, None, workspace_readme({}, lambda name: False))
    return unittest.end(env)

_DISCOVERY = {
    "": ["bench", "bin", "example", "test"],
    "autobenches = false\n[[bin]]\nname = \"a\"": ["example", "test"],
    "autobins = true\n[[bin]]\nname = \"a\"": ["bench", "bin", "example", "test"],
    "edition = \"2018\"\n[[bin]]\nname = \"a\"": ["bench", "bin", "example", "test"],
}

def _discovery_impl(ctx):
    env = unittest.begin(ctx)
    for text, expected in _DISCOVERY.items():
        manifest = parse_toml("[package]\nname = \"a\"\n" + text).value
        asserts.equals(env, expected, read_package(manifest, "", {}, [])["auto"], text)
    return unittest.end(env)

def _lints_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    asserts.equals(env, [
        "--warn=clippy::pedantic",
        "--warn=clippy::style",
        "--allow=clippy::dbg_macro",
        "--deny=clippy::all",
    ], lint_flags({"clippy": {
        "all": "deny",
        "dbg_macro": "allow",
        "pedantic": {"level": "warn", "priority": -1},
        "style": "warn",
    }}, errors))
    asserts.equals(env, [], errors)
    return unittest.end(env)

def _dependencies_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    workspace = parse_toml(_WORKSPACE).value["workspace"]
    found = {it["name"]: it for it in read_dependencies(parse_toml(_MANIFEST).value, "services/app", workspace, errors)}
    asserts.equals(env, [], errors)
    asserts.equals(env, (False, ["json", "query"]), (found["axum"]["default_features"], found["axum"]["features"]))
    asserts.equals(env, ("", "services/chassis"), (found["root"]["path"], found["chassis"]["path"]))
    asserts.equals(env, ("rand", "0.8", "rand_old"), (found["rand_old"]["package"], found["rand_old"]["version"], found["rand_old"]["crate"]))
    asserts.equals(env, None, found["chassis"]["crate"])
    asserts.equals(env, ("build", "cfg(unix)"), (found["cc"]["kind"], found["cc"]["target"]))
    return unittest.end(env)

_UNSUPPORTED = {
    "[[bin]]\nname = \"a\"\npath = \"../a.rs\"": "unsupported \"bin.path\" \"../a.rs\"",
    "[[bin]]\nname = \"a\"\npath = \"./..\"": "unsupported \"bin.path\" \"./..\"",
    "[[bin]]\nname = \"a\"\nrequired-features = [\"b/c\"]": "unsupported \"bin.required-features\" \"b/c\"",
    "[dependencies]\na = { version = \"1\", artifact = \"bin\" }": "dependency \"a\": unsupported key \"artifact\"",
    "[dependencies]\na.workspace = true\n[workspace.dependencies]\na = { path = \"a\", default_features = false }": "dependency \"a\": unsupported key \"workspace.dependencies.a.default_features\"",
    "[dependencies]\na.workspace = true": "dependency \"a\": missing key \"workspace.dependencies.a\"",
    "[lib]\ncrate-type = [\"staticlib\"]": "unsupported \"lib.crate-type\" \"staticlib\"",
    "[lib]\nplugin = true": "unsupported key \"lib.plugin\"",
    "[lints.rust]\na = \"loud\"": "unsupported lint \"rust.a\"",
    "[package]\nname = \"a\"\nbuild = [\"a.rs\"]": "unsupported \"package.build\"",
    "[package]\nname = \"a\"\nbuild = \"/a.rs\"": "unsupported \"package.build\" \"/a.rs\"",
    "[package]\nname = \"a\"\ndescription = \"in ${pwd}\"": "unsupported \"package.description\" \"in ${pwd}\"",
    "[package]\nname = \"a\"\nforced-target = \"x\"": "unsupported key \"package.forced-target\"",
    "[package]\nname = \"a\"\nreadme.workspace = true": "\"package.readme\": missing key \"workspace.package.readme\"",
    "[target.'cfg(unix)'.lints]": "unsupported key \"target.cfg(unix).lints\"",
    "cargo-features = []": "unsupported key \"cargo-features\"",
    "project.name = \"a\"": "unsupported key \"project\"",
}

def _unsupported_impl(ctx):
    env = unittest.begin(ctx)
    for text, expected in _UNSUPPORTED.items():
        errors = []
        manifest = parse_toml(text).value
        if "project" not in manifest:
            manifest = {"package": {"name": "a"}} | manifest
        check_keys(manifest, False, errors)
        read_package(manifest, "", {}, errors)
        read_dependencies(manifest, "", manifest.get("workspace", {}), errors)
        asserts.true(env, [error for error in errors if error.startswith(expected)], "{}: {}".format(text, errors))
    return unittest.end(env)

def _patches_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    manifest = parse_toml("""
[patch.crates-io]
fork = { path = "third_party/fork" }
member = { path = "./services/member" }
""").value
    check_keys(manifest, True, errors)
    check_patches(manifest, ["services/member"], errors)
    asserts.equals(env, [
        "unsupported \"patch.crates-io.member.path\" \"./services/member\": a member of the workspace: expected `path` in the dependencies",
    ], errors)
    return unittest.end(env)

def _profile_impl(ctx):
    env = unittest.begin(ctx)
    asserts.equals(env, {
        "codegen-units": "16",
        "debug": "none",
        "debug-assertions": "yes",
        "lto": "fat",
        "opt-level": "s",
        "overflow-checks": "no",
        "panic": "unwind",
        "strip": "none",
    }, release_profile({"debug-assertions": True, "lto": True, "opt-level": "s", "split-debuginfo": "packed"}))
    for profile, expected in [({}, "no"), ({"lto": False}, "no"), ({"lto": "off"}, "no"), ({"lto": "thin"}, "yes"), ({"lto": True}, "yes")]:
        asserts.equals(env, expected, linker_plugin_lto(release_profile(profile)), str(profile))
    for profile, expected in [({}, []), ({"opt-level": 2}, ["-Cllvm-args=-a=1"]), ({"opt-level": "2"}, ["-Cllvm-args=-a=1"]), ({"opt-level": 3}, []), ({"opt-level": "s"}, [])]:
        asserts.equals(env, expected, llvm_flags(release_profile(profile), ["-a=1"]), str(profile))
    debug = [release_profile({"debug": value})["debug"] for value in [True, False, 1, "line-tables-only"]]
    asserts.equals(env, ["full", "none", "1", "line-tables-only"], debug)
    return unittest.end(env)

def _profile_keys_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    profile = parse_toml("""
incremental = true
rpath = true
strip = true

[build-override]
opt-level = 3
""").value
    check_release_keys("Cargo.toml", profile, errors)
    asserts.equals(env, [], errors)
    check_release_keys("Cargo.toml", {"package": {}, "trim-paths": "all"}, errors)
    asserts.equals(env, 2, len(errors))
    asserts.true(env, "`crate.annotation` in MODULE.bazel" in errors[0], errors[0])
    asserts.true(env, errors[1].startswith("Cargo.toml: unsupported key \"profile.release.trim-paths\""), errors[1])
    return unittest.end(env)

package_test = unittest.make(_package_impl)
readme_test = unittest.make(_readme_impl)
discovery_test = unittest.make(_discovery_impl)
dependencies_test = unittest.make(_dependencies_impl)
lints_test = unittest.make(_lints_impl)
unsupported_test = unittest.make(_unsupported_impl)
patches_test = unittest.make(_patches_impl)
profile_test = unittest.make(_profile_impl)
profile_keys_test = unittest.make(_profile_keys_impl)

def manifest_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, package_test, readme_test, discovery_test, dependencies_test, lints_test, unsupported_test, patches_test, profile_test, profile_keys_test)
