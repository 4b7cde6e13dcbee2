"""Dependencies of a Cargo package, as attributes of the rules of rules_rust."""

load(":cargo_workspace.bzl", "cargo_workspace")

# Parameters of all_crate_deps, for libraries and for proc macros.
_LIBRARIES = {
    "build": "build",
    "dev": "normal_dev",
    "normal": "normal",
}
_PROC_MACROS = {
    "build": "build_proc_macro",
    "dev": "proc_macro_dev",
    "normal": "proc_macro",
}

def _condition(triple):
    return Label("//platforms/triples:" + triple)

def _first_party(package, kinds, group):
    """Labels of members, a list or a select."""
    by_condition = {}
    for kind in kinds:
        for condition, labels in package["first_party"].get(kind, {}).get(group, {}).items():
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
    """Names of renamed dependencies by label, a dict or a select."""
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

def _is_derived(package, label):
    """Whether a label names the crate of a member, which Cargo.toml has to name, too."""
    found = native.package_relative_label(label)
    member = cargo_workspace().members.get(found.package) if found.repo_name == native.repo_name() else None
    if not member or found.package == native.package_name():
        return False
    library = member["lib"]["name"]
    if found.name not in ["crate", library, library + "_lib", found.package.rpartition("/")[2]]:
        return False
    for groups in package["first_party"].values():
        for conditions in groups.values():
            for labels in conditions.values():
                if "//{}:crate".format(found.package) in labels:
                    return True
    fail("//{}: 'deps' has {}, which Cargo.toml does not name as a dependency:\n    cargo add --package {} --path {}".format(
        native.package_name(),
        label,
        package["name"],
        found.package,
    ))

# buildifier: disable=unnamed-macro
def crate_deps(package, kinds, deps = []):
    """The dependencies of some kinds.

    Args:
        package: see `cargo_package`.
        kinds: list of "normal", "dev" and "build".
        deps: labels of libraries that Cargo.toml does not name. Members that it names are dropped.

    Returns:
        A dict of the attributes `aliases`, `deps` and `proc_macro_deps`.
    """
    all_crate_deps = cargo_workspace().all_crate_deps
    return {
        "aliases": _aliases(package, kinds),
        "deps": [label for label in deps if not _is_derived(package, label)] +
                _first_party(package, kinds, "deps") +
                all_crate_deps(**{_LIBRARIES[kind]: True for kind in kinds}),
        "proc_macro_deps": _first_party(package, kinds, "proc_macro_deps") +
                           all_crate_deps(**{_PROC_MACROS[kind]: True for kind in kinds}),
    }
