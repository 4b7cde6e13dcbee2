"""The members of a Cargo workspace.

Rules: https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")

def _segment_matches(pattern, name):
    """Whether a name matches a pattern with `*` and `?`."""
    parts = pattern.split("*")
    if len(parts) == 1:
        return len(pattern) == len(name) and all([pattern[i] in ("?", name[i]) for i in range(len(name))])
    if not name.startswith(parts[0]) or not name.endswith(parts[-1]) or name.startswith("."):
        return False
    position = len(parts[0])
    for part in parts[1:-1]:
        found = name.find(part, position)
        if found < 0:
            return False
        position = found + len(part)
    return position <= len(name) - len(parts[-1])

def _expanded(pattern, list_directory):
    """Directories that a pattern of `members` names."""
    directories = [""]
    for segment in paths.normalize(pattern).split("/"):
        following = []
        for directory in directories:
            if "*" in segment or "?" in segment:
                names = [name for name in list_directory(directory) if _segment_matches(segment, name)]
            else:
                names = [segment]
            following.extend([paths.join(directory, name) for name in sorted(names)])
        directories = following
    return directories

def discover_members(root, list_directory, is_package, path_dependencies, errors):
    """Lists a workspace's members.

    Args:
        root: the parsed Cargo.toml of the workspace.
        list_directory: function from a directory, from the workspace's root, to the names in it.
        is_package: function from a directory to whether it has a Cargo.toml.
        path_dependencies: function from a directory with a Cargo.toml to the directories of its path dependencies.
        errors: list of messages; extended.

    Returns:
        A list of directories, from the workspace's root ("" for the root).
    """
    workspace = root.get("workspace", {})
    queue = [""] if "package" in root else []
    for pattern in workspace.get("members", []):
        for directory in _expanded(pattern, list_directory):
            if is_package(directory):
                queue.append(directory)
            elif directory == paths.normalize(pattern):
                errors.append("member \"{}\" has no Cargo.toml".format(pattern))
    excluded = [paths.normalize(path) for path in workspace.get("exclude", [])]
    members = {}
    for _ in range(10000):
        if not queue:
            break
        following = []
        for directory in queue:
            if directory in members or [it for it in excluded if (directory + "/").startswith(it + "/")]:
                continue
            members[directory] = True
            for dependency in path_dependencies(directory):
                if dependency.startswith("../") or not is_package(dependency):
                    errors.append("{}: dependency at \"{}\": expected a directory of the workspace with a Cargo.toml".format(directory, dependency))
                else:
                    following.append(dependency)
        queue = following
    return sorted(members)
