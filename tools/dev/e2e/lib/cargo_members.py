"""Compares the workspace members known to the macros with cargo's metadata.

Usage: cargo_members.py MEMBERS_BZL METADATA_JSON TARGETS. TARGETS lists the labels of all rules, one per line. Prints the
differences; exits with 1 if there are any.
"""

import ast
import json
import os
import sys


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


def expected_facts(package, node, libraries, root):
    env = {
        "CARGO_PKG_AUTHORS": ":".join(package["authors"]),
        "CARGO_PKG_DESCRIPTION": package["description"] or "",
        "CARGO_PKG_LICENSE": package["license"] or "",
        "CARGO_PKG_LICENSE_FILE": package["license_file"] or "",
        "CARGO_PKG_RUST_VERSION": package["rust_version"] or "",
        "CARGO_PKG_VERSION": package["version"],
    }
    lib = library(package)
    first_party = sorted(
        (kind["kind"] or "normal", os.path.relpath(dep["path"], root))
        for node_dep in node["deps"]
        for kind in node_dep["dep_kinds"]
        for dep in package["dependencies"]
        if dep.get("path")
        and dep["kind"] == kind["kind"]
        and libraries.get(node_dep["pkg"]) == os.path.relpath(dep["path"], root)
    )
    return {
        "edition": package["edition"],
        "env": env,
        "features": sorted(node["features"]),
        "first_party": sorted(set(first_party)),
        "lib": (lib["name"].replace("-", "_"), "proc-macro" in lib["kind"]) if lib else None,
        "links": package["links"],
        "name": package["name"],
    }


def found_facts(member, expected):
    first_party = sorted(
        (kind, label.removeprefix("//").removesuffix(":crate"))
        for kind, groups in member["first_party"].items()
        for conditions in groups.values()
        for labels in conditions.values()
        for label in labels
    )
    lib = member["lib"]
    return {
        "edition": member["edition"],
        "env": {key: member["env"][key] for key in expected["env"]},
        "features": member["features"],
        "first_party": sorted(set(first_party)),
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
    libraries = {package["id"]: directory for directory, package in found.items()}
    problems = []
    if sorted(members) != sorted(found):
        problems.append("members: expected %s, found %s" % (sorted(found), sorted(members)))
    for directory in sorted(set(members) & set(found)):
        package = found[directory]
        expected = expected_facts(package, nodes[package["id"]], libraries, metadata["workspace_root"])
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
