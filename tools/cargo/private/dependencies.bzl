"""The dependencies of a Cargo.toml, with inherited keys.

Source: https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")
load(":glob.bzl", "normalized_directory")

_KINDS = {
    "build-dependencies": "build",
    "dependencies": "normal",
    "dev-dependencies": "dev",
}

DEPENDENCY_KEYS = [
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
    """Returns the table of a dependency with inherited keys, and the directory that its path is relative to."""
    table = {"version": value} if type(value) == "string" else value
    for key in table:
        if key not in DEPENDENCY_KEYS:
            errors.append("dependency \"{}\": unsupported key \"{}\"".format(name, key))
    if not table.get("workspace"):
        return table, directory
    inherited = workspace.get("dependencies", {}).get(name)
    if inherited == None:
        errors.append("dependency \"{0}\": missing key \"workspace.dependencies.{0}\" in the Cargo.toml of the workspace".format(name))
        return {}, ""
    inherited = {"version": inherited} if type(inherited) == "string" else inherited
    for key in inherited:
        if key not in DEPENDENCY_KEYS:
            errors.append("dependency \"{0}\": unsupported key \"workspace.dependencies.{0}.{1}\"".format(name, key))
    return inherited | {
        "default-features": inherited.get("default-features", True) or table.get("default-features", False),
        "features": inherited.get("features", []) + table.get("features", []),
        "optional": table.get("optional", False),
    }, ""

def read_dependencies(manifest, directory, workspace, errors):
    """Reads the dependencies of a manifest.

    Args:
        manifest: parsed Cargo.toml.
        directory: directory of the manifest, relative to the root of the workspace.
        workspace: dict of the table `[workspace]` of the root.
        errors: list of error messages, which is extended.

    Returns:
        A list of dicts with the fields `name` (the key), `crate` (the name in source code of a crate that `package` renames, or None),
        `package`, `kind` ("normal", "dev" or "build"), `target` (`cfg` expression or triple; "" for all targets), `version`
        (requirement, or ""), `path` (relative to the root of the workspace, or None), `optional` (bool), `default_features` (bool) and
        `features` (list).
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
                path = normalized_directory(paths.join(base, merged["path"])) if "path" in merged else None
                dependencies.append({
                    "crate": name.replace("-", "_") if "package" in merged else None,
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
