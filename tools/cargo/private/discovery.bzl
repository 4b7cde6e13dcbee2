"""The members of a Cargo workspace.

Source: https://doc.rust-lang.org/cargo/reference/workspaces.html#the-members-and-exclude-fields.
"""

load(":glob.bzl", "expand_pattern", "normalized_directory")

def _manifest_path(directory):
    return directory + "/Cargo.toml" if directory else "Cargo.toml"

def _is_below(directory, ancestors):
    """Reports whether a directory is one of `ancestors` or below; all are below "", the root."""
    return bool([it for it in ancestors if not it or (directory + "/").startswith(it + "/")])

def discover_members(root, list_directory, is_package, path_dependencies, errors):
    """Lists the members of a Cargo workspace. All directories are relative to its root.

    Args:
        root: parsed Cargo.toml of the workspace.
        list_directory: function that returns the names of the directories in a directory.
        is_package: function that returns whether a directory has a Cargo.toml.
        path_dependencies: function that returns the directories of the path dependencies of a package.
        errors: list of error messages, which is extended.

    Returns:
        A sorted list of directories; "" is the root.
    """
    workspace = root.get("workspace", {})
    queue = [""] if "package" in root else []
    for pattern in workspace.get("members", []):
        for directory in expand_pattern(pattern, list_directory):
            if is_package(directory):
                queue.append(directory)
            elif directory == normalized_directory(pattern):
                errors.append("member \"{}\": missing Cargo.toml".format(pattern))
    excluded = [normalized_directory(path) for path in workspace.get("exclude", [])]
    explicit = [normalized_directory(path) for path in workspace.get("members", [])]
    members = {}
    for _ in range(10000):
        if not queue:
            break
        next_queue = []
        for directory in queue:
            if directory in members or (_is_below(directory, excluded) and not _is_below(directory, explicit)):
                continue
            members[directory] = True

            # Without `[workspace]` the root is the only member.
            for dependency in path_dependencies(directory) if "workspace" in root else []:
                if (dependency + "/").startswith("../") or not is_package(dependency):
                    errors.append("{}: invalid path dependency \"{}\": expected a directory of the workspace with a Cargo.toml".format(_manifest_path(directory), dependency))
                else:
                    next_queue.append(dependency)
        queue = next_queue
    return sorted(members)

def check_dependents(packages, locked, members, errors):
    """Reports dependencies of other local packages on members, because crate_universe has no targets for members.

    Args:
        packages: result of `parse_packages` for Cargo.lock.
        locked: result of `locked_dependencies` for Cargo.lock.
        members: list of the members as `name version`.
        errors: list of error messages, which is extended.
    """
    for name, versions in packages.items():
        for version, package in versions.items():
            dependent = "{} {}".format(name, version)
            if not package.origin and dependent not in members:
                errors.extend([
                    ("Cargo.lock: package \"{}\": unsupported dependency \"{}\": a member of the workspace: expected the package in " +
                     "\"members\", too").format(dependent, dependency)
                    for dependency in locked[dependent]
                    if dependency in members
                ])
