"""The enabled features of the workspace members, unified as `cargo build --workspace` unifies them.

Source: https://doc.rust-lang.org/cargo/reference/features.html.
"""

def _manifest_path(path):
    return path + "/Cargo.toml" if path else "Cargo.toml"

def _implicit(member):
    """Returns the implicit features: those of optional dependencies without a `dep:` reference."""
    named = {
        value.removeprefix("dep:"): True
        for values in member["features"].values()
        for value in values
        if value.startswith("dep:")
    }
    return {
        dependency["name"]: ["dep:" + dependency["name"]]
        for dependency in member["dependencies"]
        if dependency["optional"] and dependency["name"] not in named
    }

def _requests(value, path):
    """Returns the requests that a value of a feature of the member at `path` makes."""
    name, slash, feature = value.partition("/")
    if value.startswith("dep:"):
        return [("dependency", path, value.removeprefix("dep:"), None)]
    if slash and name.endswith("?"):
        return [("weak", path, name.removesuffix("?"), feature)]
    if slash:
        return [("dependency", path, name, feature)]
    return [("feature", path, value, None)]

def _dependency_requests(dependency, members, features):
    """Returns the requests for features of a dependency, none if it is not a member or applies to none of `TRIPLES`."""
    if dependency["path"] not in members or not dependency["conditions"]:
        return []
    return [("feature", dependency["path"], feature, None) for feature in features]

def is_active(dependency, names):
    """Reports whether a dependency is active. One name can be that of an optional dependency and of a dev-dependency, which is not.

    Args:
        dependency: an element of the result of `read_dependencies`.
        names: list of names, a value of `dependencies` of `resolve_features`.

    Returns:
        A bool.
    """
    return not dependency["optional"] or dependency["name"] in names

def requested_features(dependency):
    """Lists the features that the table of a dependency requests.

    Args:
        dependency: an element of the result of `read_dependencies`.

    Returns:
        A list of features.
    """
    return dependency["features"] + (["default"] if dependency["default_features"] else [])

def resolve_features(members):
    """Resolves the features of all members.

    Args:
        members: dict from a path to a dict with `name`, `features` (the table `[features]`) and `dependencies` (result of
            `read_dependencies`, with the field `conditions`: features of a dependency that applies to none of `TRIPLES` are not requested).

    Returns:
        A struct of dicts from a path to a sorted list, `features` (enabled features), `dependencies` (names of the dependencies that features
        activate; see `is_active`) and `known` (all features), and the list `errors` of error messages.
    """
    features = {path: {} for path in members}
    active = {path: {} for path in members}
    weak = {}
    errors = []
    known = {path: _implicit(member) | member["features"] for path, member in members.items()}
    queue = []
    for path, member in members.items():
        if "default" in known[path]:
            queue.append(("feature", path, "default", None))
        for dependency in member["dependencies"]:
            if not dependency["optional"]:
                queue.extend(_dependency_requests(dependency, members, requested_features(dependency)))

    # Starlark has no `while`. Each round handles the requests of the previous one.
    for _ in range(1000):
        if not queue:
            break
        next_queue = []
        for kind, path, name, feature in queue:
            if kind == "feature":
                if name in features[path]:
                    continue
                if name not in known[path]:
                    if name != "default":
                        errors.append("{}: unknown feature \"{}\" of package \"{}\"".format(_manifest_path(path), name, members[path]["name"]))
                    continue
                features[path][name] = True
                for value in known[path][name]:
                    next_queue.extend(_requests(value, path))
                continue
            dependencies = [it for it in members[path]["dependencies"] if it["name"] == name]
            if not dependencies:
                errors.append("{}: unknown dependency \"{}\" in a feature".format(_manifest_path(path), name))
            if kind == "weak" and name not in active[path]:
                weak.setdefault((path, name), []).append(feature)
            elif name not in active[path]:
                active[path][name] = True
                for dependency in dependencies:
                    next_queue.extend(_dependency_requests(dependency, members, requested_features(dependency) + weak.get((path, name), [])))
            if kind == "dependency" and feature and name in known[path] and any([it["optional"] and it["conditions"] for it in dependencies]):
                # cargo also enables the feature with the name of an optional dependency.
                next_queue.append(("feature", path, name, None))
            for dependency in dependencies if feature else []:
                if is_active(dependency, active[path]):
                    next_queue.extend(_dependency_requests(dependency, members, [feature]))
        queue = next_queue
    return struct(
        dependencies = {path: sorted(names) for path, names in active.items()},
        errors = errors,
        features = {path: sorted(names) for path, names in features.items()},
        known = {path: sorted(names) for path, names in known.items()},
    )
