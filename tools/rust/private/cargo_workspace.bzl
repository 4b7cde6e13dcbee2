"""The Cargo workspace of the module that a macro is called in."""

load("@thimble_workspaces//:defs.bzl", "WORKSPACES")

# buildifier: disable=unnamed-macro
def cargo_workspace():
    """The Cargo workspace of the current BUILD file.

    Returns:
        A struct of `@thimble_workspaces//:defs.bzl`.
    """
    workspace = WORKSPACES.get(native.repo_name())
    if not workspace:
        fail(("//{}: the module \"{}\" has no Cargo workspace; name it in MODULE.bazel:\n" +
              "    thimble.workspace(cargo_toml = \"//:Cargo.toml\", crates = \"@crates//:defs.bzl\")").format(
            native.package_name(),
            native.module_name(),
        ))
    return workspace
