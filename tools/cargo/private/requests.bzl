"""Which Cargo.toml files ask for a crate and its features.

Cargo unites the features that all packages of a build ask for: https://doc.rust-lang.org/cargo/reference/features.html#feature-unification.
"""

load(":versions.bzl", "version_matches")

# A list of this length is incomplete. Otherwise each new service would change the inputs of the other services' tests.
_MAX_MANIFESTS = 4

def _asked_features(dependency, values):
    """Features that a manifest asks of a dependency: in its table, and by active features of its own (`name/feature`)."""
    features = dependency["features"] + (["default"] if dependency["default_features"] else [])
    for value in values:
        name, slash, feature = value.partition("/")
        if slash and name.removesuffix("?") == dependency["name"]:
            features = features + [feature]
    return features

def _add(manifests, manifest):
    if manifest not in manifests and len(manifests) < _MAX_MANIFESTS:
        manifests.append(manifest)

def _reached(packages, locked, local):
    """Packages of registries that some packages need."""
    found = {}
    for _ in range(len(locked)):
        if not packages:
            break
        following = []
        for package in packages:
            if package not in found and package not in local:
                found[package] = True
                following.extend(locked.get(package, []))
        packages = following
    return found

def crate_requests(members, resolved, locked, manifest_path):
    """Which Cargo.toml files ask for each crate.

    Args:
        members: dict by path of dicts with `name`, `version`, `features` (the `[features]` table) and `dependencies` (see
            dependencies.bzl, with `conditions`).
        resolved: what `resolve_features` returns for them.
        locked: what `locked_dependencies` returns for Cargo.lock.
        manifest_path: function from a member's directory to the path of its Cargo.toml from the root of the Bazel workspace.

    Returns:
        A dict by `name version` of dicts with `features`: paths of Cargo.toml files by feature; `members`: paths of those that
        need the package, also through other packages of registries; `dependents`: the packages of registries that depend on it,
        as `name version`. Of paths the first four.
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
            if dependency["name"] not in resolved.dependencies[path] or not dependency["conditions"]:
                continue
            for package in locked.get("{} {}".format(member["name"], member["version"]), []):
                name, _, version = package.partition(" ")
                if name != dependency["package"] or not version_matches(dependency["version"], version):
                    continue
                needed.append(package)
                for feature in _asked_features(dependency, values):
                    _add(requests[package]["features"].setdefault(feature, []), manifest)
        for package in _reached(needed, locked, local):
            _add(requests[package]["members"], manifest)
    return requests
