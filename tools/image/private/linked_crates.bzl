"""The crates of a program with their features and dependents, as a file for `image_check`."""

load("//tools/cargo/private:find_workspace.bzl", "find_workspace")
load("//tools/cargo/private:workspace_requests.bzl", "WorkspaceRequestsInfo")
load("//tools/sbom:defs.bzl", "LinkedCratesInfo")

_NO_REQUESTS = {"dependents": [], "features": {}}

def _member_path(crate, workspace, repository):
    """Returns the Bazel package of a crate of the workspace, or None for other crates."""
    label = Label(crate.id)
    return None if crate.package or label.repo_name != repository or label.package not in workspace.packages else label.package

def _key(crate, path, workspace):
    if path != None:
        return workspace.packages[path]
    return "{} {}".format(crate.package or crate.crate, crate.version)

def _manifest(path):
    return path + "/Cargo.toml" if path else "Cargo.toml"

def _linked(crates, workspace, repository):
    """Returns a dict from `name version` to the crate. The library and the program of a package are one entry."""
    paths = {crate.id: _member_path(crate, workspace, repository) for crate in crates}
    keys = {crate.id: _key(crate, paths[crate.id], workspace) for crate in crates}
    in_program = {key: True for key in keys.values()}
    linked = {}
    for crate in crates:
        key = keys[crate.id]
        path = paths[crate.id]
        requests = workspace.requests.get(key, _NO_REQUESTS)
        found = linked.setdefault(key, {
            "dependents": {},
            "features": {},
            "manifest": None if path == None else _manifest(path),
            "requests": {},
        })
        for feature in crate.features:
            found["features"][feature] = True
            if feature in requests["features"]:
                found["requests"][feature] = requests["features"][feature]
        for dependent in requests["dependents"]:
            if dependent not in in_program:
                found["dependents"][dependent] = workspace.requests[dependent]["members"]
    for crate in crates:
        for id in crate.deps:
            if keys[id] != keys[crate.id]:
                linked[keys[id]]["dependents"][keys[crate.id]] = []
    return {
        key: found | {"features": sorted(found["features"])}
        for key, found in linked.items()
    }

def write_linked_crates(ctx, program, requests):
    """Writes the file `<name>.crates.json`: a JSON object of the crates that a program is linked with, by `name version`.

    The fields of a crate are:

    * `features`: its enabled features
    * `manifest`: its Cargo.toml if it is a member of the workspace, else null
    * `requests`: the Cargo.toml files that request a feature, by feature
    * `dependents`: the packages that depend on it, with the Cargo.toml files that need those that are not part of this program

    Args:
        ctx: context of the rule.
        program: target that the aspect `linked_crates` was applied to.
        requests: target `@thimble_workspaces//:requests`.

    Returns:
        A File. Fails if the module of the target has no Cargo workspace.
    """
    crates = program[LinkedCratesInfo].crates.to_list() if LinkedCratesInfo in program else []
    workspace = find_workspace(requests[WorkspaceRequestsInfo].workspaces, ctx.label.repo_name, ctx.label.package)
    if not workspace:
        fail(("{}: module without a Cargo workspace: expected the tag 'workspace' in MODULE.bazel:\n" +
              "    thimble.workspace(cargo_toml = \"//:Cargo.toml\", crates = \"@crates//:defs.bzl\")").format(ctx.label))
    out = ctx.actions.declare_file(ctx.label.name + ".crates.json")
    ctx.actions.write(out, json.encode(_linked(crates, workspace, ctx.label.repo_name)))
    return out
