"""Dependencies of a Cargo package as attributes for rules_rust."""

load("@thimble_workspaces//:defs.bzl", "find_workspace")
load(":cargo_workspace.bzl", "cargo_workspace")

def _condition(triple):
    return Label("//platforms/triples:" + triple)

def _dependencies(package, kinds, group):
    """Returns the labels of the dependencies in Cargo.toml, a list or a select."""
    by_condition = {}
    for kind in kinds:
        for condition, labels in package["dependencies"].get(kind, {}).get(group, {}).items():
            by_condition.setdefault(condition, []).extend(labels)
    common = {label: True for label in by_condition.pop("", [])}
    if not by_condition:
        return common.keys()
    branches = {
        _condition(triple): {label: True for label in labels if label not in common}.keys()
        for triple, labels in by_condition.items()
    }
    return common.keys() + select(branches | {"//conditions:default": []})

def _aliases(package, kinds):
    """Returns a dict from the label of a renamed dependency to its name, or a select of dicts."""
    by_condition = {}
    for kind in kinds:
        for condition, names in package["aliases"].get(kind, {}).items():
            by_condition.setdefault(condition, {}).update(names)
    common = by_condition.pop("", {})
    if not by_condition:
        return common
    return select({
        _condition(triple): common | names
        for triple, names in by_condition.items()
    } | {"//conditions:default": common})

def _check_workspace(label, found):
    """Fails for a crate of another Cargo workspace of the repository, which has other versions of its dependencies."""
    other = find_workspace(found.repo_name, found.package) if found.repo_name == native.repo_name() else None
    directory = cargo_workspace().directory
    if other and other.directory != directory and found.package in other.members:
        fail("//{}: invalid attribute 'deps': \"{}\": a crate of another Cargo workspace: expected a dependency in Cargo.toml:\n    cargo add --manifest-path {} --path {}".format(
            native.package_name(),
            label,
            native.package_name() + "/Cargo.toml",
            found.package,
        ))

def _is_in_cargo_toml(package, label):
    """Reports whether a label is the crate of a workspace member; fails if that is not in Cargo.toml."""
    found = native.package_relative_label(label)
    _check_workspace(label, found)
    member = cargo_workspace().members.get(found.package) if found.repo_name == native.repo_name() else None
    if not member or found.package == native.package_name():
        return False
    library = member["lib"]["name"]
    if found.name not in ["crate", library, library + "_lib", found.package.rpartition("/")[2]]:
        return False
    for groups in package["dependencies"].values():
        for conditions in groups.values():
            for labels in conditions.values():
                if "//{}:crate".format(found.package) in labels:
                    return True
    fail("//{}: invalid attribute 'deps': \"{}\": expected a dependency in Cargo.toml:\n    cargo add --package {} --path {}".format(
        native.package_name(),
        label,
        package["name"],
        found.package,
    ))

# buildifier: disable=unnamed-macro
def crate_deps(package, kinds, deps = []):
    """Returns the dependencies of a package as attributes.

    Args:
        package: result of `cargo_package`.
        kinds: list of the kinds of dependencies: "normal", "dev" and "build".
        deps: labels of libraries that are not in Cargo.toml. Workspace members that are in Cargo.toml are ignored.

    Returns:
        A dict with the attributes `aliases`, `deps` and `proc_macro_deps`. Fails if `deps` contains a workspace member that is not in
        Cargo.toml.
    """
    return {
        "aliases": _aliases(package, kinds),
        "deps": [label for label in deps if not _is_in_cargo_toml(package, label)] + _dependencies(package, kinds, "deps"),
        "proc_macro_deps": _dependencies(package, kinds, "proc_macro_deps"),
    }
