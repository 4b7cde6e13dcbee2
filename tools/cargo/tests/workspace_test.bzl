"""Tests of member discovery, users of protoc, version requirements, Cargo.lock and labels of crates."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//tools/cargo/private:crate_labels.bzl", "find_crate", "read_crate_labels")
load("//tools/cargo/private:discovery.bzl", "check_dependents", "discover_members")
load("//tools/cargo/private:glob.bzl", "expand_pattern", "segment_matches")
load("//tools/cargo/private:protoc.bzl", "uses_protoc")
load("//tools/cargo/private:versions.bzl", "version_matches")
load("//tools/lock:packages.bzl", "locked_dependencies", "parse_packages")

_TREE = {
    "": ["libs", "services", "tool"],
    "libs": ["a", "b", "c-old"],
    "services": [".cache", "x", "y"],
}

def _member(name, **dependencies):
    return {
        "dependencies": [{"kind": kind, "package": package} for kind, packages in dependencies.items() for package in packages],
        "name": name,
        "version": "0.1.0",
    }

def _protoc_impl(ctx):
    env = unittest.begin(ctx)
    members = {
        name: _member(name, **dependencies)
        for name, dependencies in {
            "cycle": {"normal": ["cycle"]},
            "direct": {"build": ["prost-build"]},
            "helper": {"dev": ["generator"], "normal": ["tonic-prost-build", "cycle"]},
            "indirect": {"build": ["middle"]},
            "middle": {"normal": ["helper"]},
            "none": {"build": ["cycle", "dev-only"], "dev": ["helper"]},
            "dev-only": {"dev": ["helper"]},
            "registry": {"build": ["generator"]},
        }.items()
    }
    versions = {name: "0.1.0" for name in members} | {"generator": "1.0.0", "prost-build": "0.14.1", "tonic-prost-build": "0.14.2"}
    locked = {
        "{} {}".format(name, member["version"]): [
            "{} {}".format(dependency["package"], versions[dependency["package"]])
            for dependency in member["dependencies"]
        ]
        for name, member in members.items()
    } | {"generator 1.0.0": ["protobuf-codegen 3.7.2"]}
    asserts.equals(env, ["direct", "indirect", "registry"], [path for path in members if uses_protoc(members[path], members, locked)])
    return unittest.end(env)

def _members_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    found = discover_members(
        {"workspace": {"exclude": ["services/y", "old"], "members": ["services/*", "./libs/[a]", "libs/?", "missing", "old/kept"]}},
        list_directory = lambda directory: _TREE.get(directory, []),
        is_package = lambda directory: directory in ["", "..", "libs/a", "libs/b", "libs/c-old", "old/kept", "old/other", "services/x", "services/y", "tool"],
        path_dependencies = lambda directory: {"libs/a": ["", "tool", "old/other", "../other", ".."]}.get(directory, []),
        errors = errors,
    )
    asserts.equals(env, ["", "libs/a", "libs/b", "old/kept", "services/x", "tool"], found)
    asserts.equals(env, [
        "member \"missing\": missing Cargo.toml",
        "libs/a/Cargo.toml: invalid path dependency \"../other\": expected a directory of the workspace with a Cargo.toml",
        "libs/a/Cargo.toml: invalid path dependency \"..\": expected a directory of the workspace with a Cargo.toml",
    ], errors)
    return unittest.end(env)

def _roots_impl(ctx):
    env = unittest.begin(ctx)
    for root, expected in [
        ({"package": {}, "workspace": {"exclude": ["a"]}}, ["", "b"]),
        ({"package": {}, "workspace": {"exclude": ["a"], "members": ["."]}}, ["", "a", "b"]),
        ({"package": {}}, [""]),
    ]:
        errors = []
        found = discover_members(
            root,
            list_directory = lambda directory: [],
            is_package = lambda directory: True,
            path_dependencies = lambda directory: {"": ["a", "b"]}.get(directory, []),
            errors = errors,
        )
        asserts.equals(env, (expected, []), (found, errors), str(root))
    return unittest.end(env)

def _dependents_impl(ctx):
    env = unittest.begin(ctx)
    errors = []
    lock = """
[[package]]
name = "fork"
version = "0.2.0"
dependencies = [
 "itoa",
 "member 0.1.0",
]

[[package]]
name = "itoa"
version = "1.0.1"
source = "registry+https://crates.example.com/"

[[package]]
name = "member"
version = "0.1.0"
dependencies = [
 "member 0.3.0",
]

[[package]]
name = "member"
version = "0.3.0"
source = "registry+https://crates.example.com/"
"""
    check_dependents(parse_packages(lock), locked_dependencies(lock), ["member 0.1.0"], errors)
    asserts.equals(env, [
        "Cargo.lock: package \"fork 0.2.0\": unsupported dependency \"member 0.1.0\": a member of the workspace: expected the package in \"members\", too",
    ], errors)
    return unittest.end(env)

# Compared with the results of `cargo metadata`.
_SEGMENTS = [
    ("*", [".h", "a", "a-b", "b", "we[ird"]),
    ("?", ["a", "b"]),
    (".*", [".h"]),
    ("a*", ["a", "a-b"]),
    ("a**b", ["a-b"]),
    ("*e[[]*d", ["we[ird"]),
    ("[!a]", ["b"]),
    ("[]a]", ["a"]),
    ("[a-c]*", ["a", "a-b", "b"]),
    ("[a-]*b", ["a-b"]),
    ("[ab]", ["a", "b"]),
    ("[a", []),
]

_DEEP = {
    "": ["crates", "target"],
    "crates": ["deep", "y"],
    "crates/deep": ["x", "y"],
    "crates/deep/x": ["y"],
}

def _patterns_impl(ctx):
    env = unittest.begin(ctx)
    for pattern, expected in _SEGMENTS:
        found = [name for name in [".h", "a", "a-b", "b", "we[ird"] if segment_matches(pattern, name)]
        asserts.equals(env, expected, found, pattern)

    def expand(pattern):
        return sorted(expand_pattern(pattern, lambda directory: _DEEP.get(directory, [])))

    asserts.equals(env, ["crates/deep/x/y", "crates/deep/y", "crates/y"], expand("crates/**/[y]"))
    asserts.equals(env, ["crates", "crates/deep", "crates/deep/x", "crates/deep/x/y", "crates/deep/y", "crates/y"], expand("crates/**"))
    asserts.equals(env, [], expand("**/target/*"))
    return unittest.end(env)

_VERSIONS = [
    ("", "9.9.9", True),
    ("1", "1.2.3", True),
    ("1", "2.0.0", False),
    ("1.3", "1.2.3", False),
    ("^0.8", "0.8.5", True),
    ("0.8", "0.9.0", False),
    ("0.0.3", "0.0.4", False),
    ("~1.2", "1.3.0", False),
    ("~1", "1.3.0", True),
    ("=1.2.3", "1.2.3", True),
    ("=1.2.3", "1.2.4", False),
    (">=1.2, <1.5", "1.4.9", True),
    (">=1.2, <1.5", "1.5.0", False),
    ("1.*", "1.9.0", True),
    ("*", "3.0.0", True),
    (">1", "1.5.0", False),
]

_LOCK = """version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = [
 "itoa",
 "rand 0.8.5",
 "rand 0.9.2",
]

[[package]]
name = "itoa"
version = "1.0.1"

[[package]]
name = "rand"
version = "0.8.5"

[[package]]
name = "rand"
version = "0.9.2"
"""

def _versions_impl(ctx):
    env = unittest.begin(ctx)
    for requirement, version, expected in _VERSIONS:
        asserts.equals(env, expected, version_matches(requirement, version), "{} {}".format(requirement, version))
    locked = locked_dependencies(_LOCK)
    asserts.equals(env, ["itoa 1.0.1", "rand 0.8.5", "rand 0.9.2"], locked["app 0.1.0"])
    asserts.equals(env, [], locked["itoa 1.0.1"])
    return unittest.end(env)

# As crate_universe writes it, with the labels of rules_rust 0.54 and 0.73.
_CRATES = """
_NORMAL_DEPENDENCIES = {{
    "app": {{
        _COMMON_CONDITION: {{
            "rand": Label("{rand_old}"),
        }},
        "cfg(unix)": {{
            "new": Label("{rand}"),
        }},
    }},
}}

_NORMAL_ALIASES = {{
    "app": {{
        "cfg(unix)": {{
            Label("{rand}"): "new",
        }},
    }},
}}

_PROC_MACRO_DEPENDENCIES = {{
    "app": {{
        _COMMON_CONDITION: {{
            "itoa": Label("{itoa}"),
        }},
    }},
}}
"""

_LABELS = {
    "{hub}__{name}-{version}//:{name}": struct(itoa = "1.0.1-build", rand = "0.9.2", rand_old = "0.8.5"),
    "{hub}//{name}-{version}": struct(itoa = "1.0.1+build", rand = "0.9.2", rand_old = "0.8.5"),
}

def _crates_impl(ctx):
    env = unittest.begin(ctx)
    locked = locked_dependencies(_LOCK.replace("1.0.1", "1.0.1+build"))
    member = {"name": "app", "version": "0.1.0"}
    for template, versions in _LABELS.items():
        def label(hub, name, version):
            return template.format(hub = hub, name = name, version = version)

        labels = read_crate_labels(_CRATES.format(
            itoa = label("@crates", "itoa", versions.itoa),
            rand = label("@crates", "rand", versions.rand),
            rand_old = label("@crates", "rand", versions.rand_old),
        ), "rules_rust++crate+crates")

        def find(package, version, errors):
            return find_crate(labels, locked, member, {"name": "it", "package": package, "version": version}, errors)

        hub = "@@rules_rust++crate+crates"
        errors = []
        asserts.equals(env, struct(group = "proc_macro_deps", label = label(hub, "itoa", versions.itoa)), find("itoa", "2", errors))
        asserts.equals(env, struct(group = "deps", label = label(hub, "rand", "0.8.5")), find("rand", "0.8", errors))
        asserts.equals(env, struct(group = "deps", label = label(hub, "rand", "0.9.2")), find("rand", "0.9", errors))
        asserts.equals(env, [], errors)
        asserts.equals(env, None, find("rand", "", errors))
        asserts.equals(env, None, find("absent", "1", errors))
        asserts.true(env, "matches 0.8.5, 0.9.2 of Cargo.lock: expected one, as in version = \"=0.9.2\"" in errors[0], errors[0])
        asserts.true(env, "package \"absent\" is not in Cargo.lock" in errors[1], errors[1])
    asserts.equals(env, None, read_crate_labels("", "crates"))
    return unittest.end(env)

crates_test = unittest.make(_crates_impl)
dependents_test = unittest.make(_dependents_impl)
members_test = unittest.make(_members_impl)
patterns_test = unittest.make(_patterns_impl)
protoc_test = unittest.make(_protoc_impl)
roots_test = unittest.make(_roots_impl)
versions_test = unittest.make(_versions_impl)

def workspace_test(name):
    """Declares the tests.

    Targets created: the test suite `<name>` and its tests.

    Args:
        name: name of the test suite.
    """
    unittest.suite(name, crates_test, dependents_test, members_test, patterns_test, protoc_test, roots_test, versions_test)
