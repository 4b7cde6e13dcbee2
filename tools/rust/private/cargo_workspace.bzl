"""The Cargo workspace of the package that calls a macro."""

load("@thimble_workspaces//:defs.bzl", "find_workspace")

# buildifier: disable=unnamed-macro
def cargo_workspace():
    """Returns the Cargo workspace of the current BUILD file.

    Returns:
        A struct, an element of `WORKSPACES` in `@thimble_workspaces//:defs.bzl`. Fails if the module has no Cargo workspace.
    """
    workspace = find_workspace(native.repo_name(), native.package_name())
    if not workspace:
        fail(("//{}: module \"{}\" without a Cargo workspace: expected the tag 'workspace' in MODULE.bazel:\n" +
              "    thimble.workspace(cargo_toml = \"//:Cargo.toml\", crates = \"@crates//:defs.bzl\")").format(
            native.package_name(),
            native.module_name(),
        ))
    return workspace
