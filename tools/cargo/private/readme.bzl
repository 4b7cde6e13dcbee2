"""The README of a package.

Source: https://doc.rust-lang.org/cargo/reference/manifest.html#the-readme-field.
"""

# The files that cargo discovers, in order.
READMES = ["README.md", "README.txt", "README"]

def workspace_readme(package, exists):
    """Returns the `readme` that members inherit.

    Args:
        package: dict of the table `[workspace.package]`.
        exists: function that reports whether a file at the root of the workspace exists.

    Returns:
        The path relative to the root of the workspace, or None without a README.
    """
    readme = package.get("readme")
    if readme == None:
        return ([name for name in READMES if exists(name)] + [None])[0]
    return {False: None, True: READMES[0]}.get(readme, readme)
