"""Compares the workspace members known to the macros with cargo's metadata.

Usage: cargo_members.py MEMBERS_BZL METADATA_JSON TARGETS. METADATA_JSON has the dependencies of TRIPLE, and TARGETS lists the labels of
all rules, one per line. Prints the differences; exits with 1 if there are any.
"""

import ast
import json
import os
import sys

TRIPLE = "x86_64-unknown-linux-musl"


def read_members(path):
    text = open(path).read()
    return ast.literal_eval(text[text.index("MEMBERS = ") + len("MEMBERS = ") :])


def packages(metadata):
    """Members by directory."""
    members = set(metadata["workspace_members"])
    root = metadata["workspace_root"]
    return {
        os.path.relpath(os.path.dirname(it["manifest_path"]), root): it
        for it in metadata["packages"]
        if it["id"] in members
    }


def library(package):
    kinds = {"lib", "rlib", "proc-macro"}
    return next((it for it in package["targets"] if kinds & set(it["kind"])), None)


def crate(label):
    """The directory of a member, or the package and version of another crate."""
    if label.startswith("//"):
        return label.removeprefix("//").removesuffix(":crate")
    return label.partition("__")[2].partition("//")[0]


def expected_facts(package, node, crates):
    env = {
        "CARGO_PKG_AUTHORS": ":".join(package["authors"]),
        "CARGO_PKG_DESCRIPTION": package["description"] or "",
        "CARGO_PKG_LICENSE": package["license"] or "",
        "CARGO_PKG_LICENSE_FILE": package["license_file"] or "",
        "CARGO_PKG_RUST_VERSION": package["rust_version"] or "",
        "CARGO_PKG_VERSION": package["version"],
    }
    lib = library(package)
    dependencies = {
        (kind["kind"] or "normal", crates[node_dep["pkg"]])
        for node_dep in node["deps"]
        for kind in node_dep["dep_kinds"]
        # With --filter-platform cargo still lists tables for Windows if another table has the crate.
        if node_dep["pkg"] in crates and kind["target"] != "cfg(windows)"
    }
    return {
        "dependencies": sorted(dependencies),
        "edition": package["edition"],
        "env": env,
        "features": sorted(node["features"]),
        "lib": (lib["name"].replace("-", "_"), "proc-macro" in lib["kind"]) if lib else None,
        "links": package["links"],
        "name": package["name"],
    }


def found_facts(member, expected):
    dependencies = {
        (kind, crate(label))
        for kind, groups in member["dependencies"].items()
        for conditions in groups.values()
        for condition, labels in conditions.items()
        for label in labels
        if condition in ["", TRIPLE]
    }
    lib = member["lib"]
    return {
        "dependencies": sorted(dependencies),
        "edition": member["edition"],
        "env": {key: member["env"][key] for key in expected["env"]},
        "features": member["features"],
        "lib": (lib["name"], lib["proc_macro"]) if expected["lib"] else None,
        "links": member["links"],
        "name": member["name"],
    }


def missing_targets(directory, package, features, labels):
    """Yields cargo targets without a rule; skips packages that do not use the macros, whose names differ."""
    prefix = "//%s:" % directory
    names = {label.removeprefix(prefix) for label in labels if label.startswith(prefix)}
    if "crate" not in names and library(package):
        return
    for target in package["targets"]:
        kind = target["kind"][0]
        if set(target.get("required-features", [])) - set(features):
            continue
        suffixes = {
            "bin": ["", "_bin", "_unstripped"],
            "test": ["_test"],
            "example": ["_example"],
            "bench": ["_bench"],
        }.get(kind)
        if suffixes and not any(
            name == target["name"] + suffix or name.endswith("_" + target["name"] + suffix)
            for name in names
            for suffix in suffixes
        ):
            yield "%s: no rule for %s %s" % (directory, kind, target["name"])


def main(members_file, metadata_file, labels_file):
    members = read_members(members_file)
    metadata = json.load(open(metadata_file))
    labels = set(open(labels_file).read().split())
    found = packages(metadata)
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    crates = {
        package["id"]: "%s-%s" % (package["name"], package["version"].replace("+", "-"))
        for package in metadata["packages"]
        if library(package)
    } | {package["id"]: directory for directory, package in found.items() if library(package)}
    problems = []
    if sorted(members) != sorted(found):
        problems.append("members: expected %s, found %s" % (sorted(found), sorted(members)))
    for directory in sorted(set(members) & set(found)):
        package = found[directory]
        expected = expected_facts(package, nodes[package["id"]], crates)
        facts = found_facts(members[directory], expected)
        problems.extend(
            "%s: %s: expected %s, found %s" % (directory, key, expected[key], facts[key])
            for key in expected
            if expected[key] != facts[key]
        )
        problems.extend(missing_targets(directory, package, expected["features"], labels))
    print("\n".join(problems))
    print("%s packages compared" % len(found))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
