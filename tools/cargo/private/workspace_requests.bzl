"""The rule that provides the requests of all Cargo workspaces to other rules.

A rule whose .bzl file loads them would change with each Cargo.toml, and `tools/affected` would list all of its targets.
"""

WorkspaceRequestsInfo = provider(
    doc = "The requests of all Cargo workspaces.",
    fields = {
        "workspaces": "List of structs with `repository`, `directory`, `packages` (dict from a Bazel package to its `name version`) and " +
                      "`requests` (result of `crate_requests`).",
    },
)

def _workspace_requests_impl(ctx):
    return [WorkspaceRequestsInfo(workspaces = [struct(**json.decode(workspace)) for workspace in ctx.attr.workspaces])]

_workspace_requests = rule(
    implementation = _workspace_requests_impl,
    attrs = {
        "workspaces": attr.string_list(doc = "A JSON object for each workspace.", mandatory = True),
    },
)

def workspace_requests(name, workspaces, visibility):
    """Provides a `WorkspaceRequestsInfo`.

    Targets created: `<name>`.

    Args:
        name: name of the target.
        workspaces: list of structs, `WORKSPACES` in `@thimble_workspaces//:defs.bzl`.
        visibility: visibility of the target.
    """
    _workspace_requests(
        name = name,
        visibility = visibility,
        workspaces = [
            json.encode(struct(
                directory = workspace.directory,
                packages = {path: "{name} {version}".format(**member) for path, member in workspace.members.items()},
                repository = workspace.repository,
                requests = workspace.requests,
            ))
            for workspace in workspaces
        ],
    )
