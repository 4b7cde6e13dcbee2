"""Dependencies of one Cargo.toml, with what they inherit.

Format: https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")

_KINDS = {
    "build-dependencies": "build",
    "dependencies": "normal",
    "dev-dependencies": "dev",
}

_KEYS = [
    "branch",
    "default-features",
    "features",
    "git",
    "optional",
    "package",
    "path",
    "registry",
    "rev",
    "tag",
    "version",
    "workspace",
]

def _merged(name, value, directory, workspace, errors):
    """The dependency's table with what it inherits, and the directory that its path starts from."""
    table = {"version": value} if type(value) == "string" else value
    for key in table:
        if key not in _KEYS:
            errors.append("unsupported key \"{}\" of dependency \"{}\"".format(key, name))
    if not table.get("workspace"):
        return table, directory
    inherited = workspace.get("dependencies", {}).get(name)
    if inherited == None:
        errors.append("dependency \"{0}\" is inherited, but the workspace has no \"workspace.dependencies.{0}\"".format(name))
        return {}, ""
    inherited = {"version": inherited} if type(inherited) == "string" else inherited
    return inherited | {
        "default-features": inherited.get("default-features", True) or table.get("default-features", False),
        "features": inherited.get("features", []) + table.get("features", []),
        "optional": table.get("optional", False),
    }, ""

def read_dependencies(manifest, directory, workspace, errors):
    """The dependencies of a manifest.

    Args:
        manifest: a parsed Cargo.toml.
        directory: its directory, from the workspace's root.
        workspace: `[workspace]` of the root, a dict.
        errors: list of messages; extended.

    Returns:
        A list of dicts with `name` (the key), `crate` (the name in source code), `package`, `kind` (normal, dev or build),
        `target` (the `cfg` or triple; "" for all), `version` (the requirement, or ""), `path` (from the workspace's root, or
        None), `optional`, `default_features` and `features`.
    """
    tables = [("", manifest)] + manifest.get("target", {}).items()
    dependencies = []
    for target, table in tables:
        for section in table if target else []:
            if section not in _KINDS:
                errors.append("unsupported key \"target.{}.{}\"".format(target, section))
        for section, kind in _KINDS.items():
            for name, value in table.get(section, {}).items():
                merged, base = _merged(name, value, directory, workspace, errors)
                path = paths.normalize(paths.join(base, merged["path"])) if "path" in merged else None
                dependencies.append({
                    "crate": name.replace("-", "_"),
                    "default_features": merged.get("default-features", True),
                    "features": merged.get("features", []),
                    "kind": kind,
                    "name": name,
                    "optional": merged.get("optional", False),
                    "package": merged.get("package", name),
                    "path": path,
                    "target": target,
                    "version": merged.get("version", ""),
                })
    return dependencies
