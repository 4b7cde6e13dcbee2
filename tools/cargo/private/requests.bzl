"""The Cargo.toml files that request a crate and its features.

Cargo unifies the features that all packages of a build request: https://doc.rust-lang.org/cargo/reference/features.html#feature-unification.
"""

load(":features.bzl", "is_active", "requested_features")
load(":versions.bzl", "version_matches")

# Limits the lists of files, because otherwise each new service would change the inputs of the tests of all services.
_MAX_MANIFESTS = 4

def _all_requested_features(dependency, values):
    """Returns the features of a dependency that a manifest requests, in its table or with `name/feature` of an active feature."""
    features = requested_features(dependency)
    for value in values:
        name, slash, feature = value.partition("/")
        if slash and name.removesuffix("?") == dependency["name"]:
            features = features + [feature]
    return features

def _add(manifests, manifest):
    if manifest not in manifests and len(manifests) < _MAX_MANIFESTS:
        manifests.append(manifest)

def _registry_closure(packages, locked, local):
    """Returns the packages, and their transitive dependencies, that are not local."""
    found = {}
    for _ in range(len(locked)):
        if not packages:
            break
        next_packages = []
        for package in packages:
            if package not in found and package not in local:
                found[package] = True
                next_packages.extend(locked.get(package, []))
        packages = next_packages
    return found

def crate_requests(members, resolved, locked, manifest_path):
    """Finds the Cargo.toml files that request each crate.

    Args:
        members: dict from a path to a dict with `name`, `version`, `features` (the table `[features]`) and `dependencies` (result of
            `read_dependencies`, with the field `conditions`).
        resolved: result of `resolve_features` for the members.
        locked: result of `locked_dependencies` for Cargo.lock.
        manifest_path: function that returns the path of a member's Cargo.toml, relative to the root of the Bazel workspace.

    Returns:
        A dict from `name version` of a package to a dict with `features` (dict from a feature to the Cargo.toml files that request it),
        `members` (Cargo.toml files that need the package, directly or through packages of registries) and `dependents` (packages of
        registries that depend on it, as `name version`). Lists of Cargo.toml files contain at most the first four.
    """
    local = {"{} {}".format(member["name"], member["version"]): True for member in members.values()}
    requests = {package: {"dependents": [], "features": {}, "members": []} for package in locked}
    for package, dependencies in locked.items():
        for dependency in dependencies if package not in local else []:
            if dependency in requests:
                requests[dependency]["dependents"].append(package)
    for path, member in sorted(members.items()):
        manifest = manifest_path(path)
        values = [value for feature in resolved.features[path] for value in member["features"].get(feature, [])]
        needed = []
        for dependency in member["dependencies"]:
            if not is_active(dependency, resolved.dependencies[path]) or not dependency["conditions"]:
                continue
            for package in locked.get("{} {}".format(member["name"], member["version"]), []):
                name, _, version = package.partition(" ")
                if name != dependency["package"] or not version_matches(dependency["version"], version):
                    continue
                needed.append(package)
                for feature in _all_requested_features(dependency, values):
                    _add(requests[package]["features"].setdefault(feature, []), manifest)
        for package in _registry_closure(needed, locked, local):
            _add(requests[package]["members"], manifest)
    return requests
