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

def resolve_features(members):
    """Resolves the features of all members.

    Args:
        members: dict from a path to a dict with `name`, `features` (the table `[features]`) and `dependencies` (result of
            `read_dependencies`, with the field `conditions`: features of a dependency that applies to none of `TRIPLES` are not requested).

    Returns:
        A struct of dicts from a path to a sorted list, `features` (enabled features), `dependencies` (names of the active
        dependencies) and `known` (all features), and the list `errors` of error messages.
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
        queue.extend([
            ("dependency", path, dependency["name"], None)
            for dependency in member["dependencies"]
            if not dependency["optional"]
        ])

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
                continue
            requested = [feature] if feature else []
            if name not in active[path]:
                active[path][name] = True
                requested = requested + weak.pop((path, name), [])
            if kind == "dependency" and feature and name in known[path]:
                next_queue.append(("feature", path, name, None))
            for dependency in dependencies:
                if dependency["path"] in members and dependency["conditions"]:
                    all_requested = requested + dependency["features"] + (["default"] if dependency["default_features"] else [])
                    next_queue.extend([("feature", dependency["path"], it, None) for it in all_requested])
        queue = next_queue
    return struct(
        dependencies = {path: sorted(names) for path, names in active.items()},
        errors = errors,
        features = {path: sorted(names) for path, names in features.items()},
        known = {path: sorted(names) for path, names in known.items()},
    )
