"""The Cargo workspace of a Bazel package."""

def find_workspace(workspaces, repository, package):
    """Finds the workspace whose directory is the innermost one that contains a package.

    Args:
        workspaces: list of structs with `repository` and `directory`.
        repository: canonical name of the package's repository.
        package: path of the package.

    Returns:
        An element of `workspaces`; the first of the repository for packages in none of the directories, or None.
    """
    first, innermost = None, None
    for workspace in workspaces:
        if workspace.repository != repository:
            continue
        first = first or workspace
        is_inside = not workspace.directory or (package + "/").startswith(workspace.directory + "/")
        if is_inside and (not innermost or len(workspace.directory) > len(innermost.directory)):
            innermost = workspace
    return innermost or first
