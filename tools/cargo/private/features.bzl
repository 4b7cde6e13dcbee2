"""Features of the workspace's members, united over the workspace as `cargo build --workspace` unites them.

Syntax: https://doc.rust-lang.org/cargo/reference/features.html.
"""

def _implicit(member):
    """Features that optional dependencies are by themselves: those that no `dep:` names."""
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
    """What one value of a feature asks of the member at `path`."""
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
        members: dict by path of dicts with `name`, `features` (the `[features]` table) and `dependencies` (see
            dependencies.bzl).

    Returns:
        A struct with `features`, a dict of sorted lists by path; `dependencies`, a dict of the active dependencies' names by
        path; `known`, a dict of all features' names by path; and `errors`, a list of messages.
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

    # Each round handles what the one before asked for; features form no longer chains than there are of them.
    for _ in range(1000):
        if not queue:
            break
        following = []
        for kind, path, name, feature in queue:
            if kind == "feature":
                if name in features[path]:
                    continue
                if name not in known[path]:
                    if name != "default":
                        errors.append("{}: no feature \"{}\" in package \"{}\"".format(path, name, members[path]["name"]))
                    continue
                features[path][name] = True
                for value in known[path][name]:
                    following.extend(_requests(value, path))
                continue
            dependencies = [it for it in members[path]["dependencies"] if it["name"] == name]
            if not dependencies:
                errors.append("{}: no dependency \"{}\", which a feature names".format(path, name))
            if kind == "weak" and name not in active[path]:
                weak.setdefault((path, name), []).append(feature)
                continue
            wanted = [feature] if feature else []
            if name not in active[path]:
                active[path][name] = True
                wanted = wanted + weak.pop((path, name), [])
            if kind == "dependency" and feature and name in known[path]:
                following.append(("feature", path, name, None))
            for dependency in dependencies:
                if dependency["path"] in members:
                    wanted_here = wanted + dependency["features"] + (["default"] if dependency["default_features"] else [])
                    following.extend([("feature", dependency["path"], it, None) for it in wanted_here])
        queue = following
    return struct(
        dependencies = {path: sorted(names) for path, names in active.items()},
        errors = errors,
        features = {path: sorted(names) for path, names in features.items()},
        known = {path: sorted(names) for path, names in known.items()},
    )
