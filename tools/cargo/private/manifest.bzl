"""A Cargo.toml: its package with inherited keys, and its targets. Unknown keys are errors.

Source: https://doc.rust-lang.org/cargo/reference/manifest.html.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")
load(":dependencies.bzl", "DEPENDENCY_KEYS")
load(":glob.bzl", "normalized_directory")
load(":lints.bzl", "lint_flags")
load(":placeholder.bzl", "placeholder_errors")
load(":profile.bzl", "RELEASE_KEYS")

# Keys that have no effect on a build, except as CARGO_PKG_*.
_DESCRIPTIVE = [
    "authors",
    "categories",
    "description",
    "documentation",
    "exclude",
    "homepage",
    "include",
    "keywords",
    "license",
    "license-file",
    "metadata",
    "publish",
    "readme",
    "repository",
    "resolver",
    "rust-version",
]

_TARGET = ["bench", "doc", "doc-scrape-examples", "doctest", "harness", "name", "path", "required-features", "test"]

_SECTIONS = {
    "": [
        "badges",
        "bench",
        "bin",
        "build-dependencies",
        "dependencies",
        "dev-dependencies",
        "example",
        "features",
        "hints",
        "lib",
        "lints",
        "package",
        "profile",
        "target",
        "test",
        "workspace",
    ],
    "bench": _TARGET,
    "bin": _TARGET,
    "example": _TARGET,
    "lib": ["bench", "crate-type", "doc", "doc-scrape-examples", "doctest", "name", "path", "proc-macro", "test"],
    "package": _DESCRIPTIVE + [
        "autobenches",
        "autobins",
        "autoexamples",
        "autolib",
        "autotests",
        "build",
        "default-run",
        "edition",
        "links",
        "name",
        "version",
        "workspace",
    ],
    "test": _TARGET,
}

_ROOT_ONLY = ["patch"]
_WORKSPACE = ["default-members", "dependencies", "exclude", "lints", "members", "metadata", "package", "resolver"]

# All supported keys, which docs/cargo.md lists.
MANIFEST_KEYS = sorted({
    key: True
    for keys in _SECTIONS.values() + [_ROOT_ONLY, _WORKSPACE, DEPENDENCY_KEYS, RELEASE_KEYS]
    for key in keys
})

# Library types that cargo links into other crates. The macros skip dynamic libraries, as cargo does for musl.
_LIBRARY_TYPES = ["lib", "rlib"]
_DYNAMIC_TYPES = ["cdylib", "dylib"]

def check_keys(manifest, is_root, errors):
    """Reports keys that the macros do not support.

    Args:
        manifest: parsed Cargo.toml.
        is_root: whether it is the Cargo.toml of the workspace.
        errors: list of error messages, which is extended.
    """
    sections = dict(_SECTIONS)
    if is_root:
        sections[""] = sections[""] + _ROOT_ONLY
        sections["workspace"] = _WORKSPACE
    for section, known in sections.items():
        tables = manifest.get(section, {}) if section else manifest
        for table in tables if type(tables) == "list" else [tables]:
            for key in table:
                if key not in known:
                    errors.append("unsupported key \"{}\"".format(section + "." + key if section else key))

def check_patches(manifest, members, errors):
    """Reports patches that replace crates of a registry by members, because crate_universe has no targets for members.

    Args:
        manifest: parsed Cargo.toml of the workspace.
        members: list of the directories of the members.
        errors: list of error messages, which is extended.
    """
    for source, patches in manifest.get("patch", {}).items():
        for name, patch in patches.items():
            if type(patch) == "dict" and "path" in patch and normalized_directory(patch["path"]) in members:
                errors.append("unsupported \"patch.{}.{}.path\" \"{}\": a member of the workspace: expected `path` in the dependencies".format(
                    source,
                    name,
                    patch["path"],
                ))

# Keys of `[workspace.package]` that are paths relative to the root of the workspace.
_PATHS = ["license-file", "readme"]

def _relative(path, directory):
    """Returns a path relative to the root of the workspace as one relative to a directory."""
    path = paths.normalize(path).split("/")
    directory = directory.split("/") if directory else []
    for _ in range(len(path)):
        if not directory or path[0] != directory[0]:
            break
        path, directory = path[1:], directory[1:]
    return "/".join([".." for _ in directory] + path)

def _inherited(package, directory, workspace_package, errors):
    values = {}
    for key, value in package.items():
        if type(value) == "dict" and value.get("workspace") == True and key != "metadata":
            if workspace_package.get(key) == None:
                errors.append("\"package.{0}\": missing key \"workspace.package.{0}\" in the Cargo.toml of the workspace".format(key))
                continue
            value = workspace_package[key]
            if key in _PATHS:
                value = _relative(value, directory)
        values[key] = value
    return values

def _env(package):
    """Returns CARGO_PKG_*, with None for a README that cargo discovers.

    Source: https://doc.rust-lang.org/cargo/reference/environment-variables.html.
    """
    version = package["version"]
    core, _, pre = version.split("+")[0].partition("-")
    numbers = core.split(".") + ["", "", ""]
    return {
        "CARGO_PKG_AUTHORS": ":".join(package.get("authors", [])),
        "CARGO_PKG_DESCRIPTION": package.get("description", "").replace("\n", " "),
        "CARGO_PKG_HOMEPAGE": package.get("homepage", ""),
        "CARGO_PKG_LICENSE": package.get("license", ""),
        "CARGO_PKG_LICENSE_FILE": package.get("license-file", ""),
        "CARGO_PKG_NAME": package["name"],
        "CARGO_PKG_README": {False: "", True: "README.md"}.get(package.get("readme"), package.get("readme")),
        "CARGO_PKG_REPOSITORY": package.get("repository", ""),
        "CARGO_PKG_RUST_VERSION": package.get("rust-version", ""),
        "CARGO_PKG_VERSION": version,
        "CARGO_PKG_VERSION_MAJOR": numbers[0],
        "CARGO_PKG_VERSION_MINOR": numbers[1],
        "CARGO_PKG_VERSION_PATCH": numbers[2],
        "CARGO_PKG_VERSION_PRE": pre,
    }

def _path(path, key, errors):
    """Returns a path in the package without `.` and `..`."""
    normalized = paths.normalize(path)
    if paths.is_absolute(normalized) or (normalized + "/").startswith("../"):
        errors.append("unsupported \"{}\" \"{}\": expected a file of the package".format(key, path))
    return normalized

def _library(manifest, name, errors):
    """Returns the dict of `[lib]` with defaults."""
    lib = manifest.get("lib", {})
    types = lib.get("crate-type", ["lib"])
    proc_macro = lib.get("proc-macro", False) or types == ["proc-macro"]
    for type_ in types:
        if type_ not in _LIBRARY_TYPES + _DYNAMIC_TYPES + ["proc-macro"]:
            errors.append("unsupported \"lib.crate-type\" \"{}\": expected one of {}".format(
                type_,
                ", ".join(_LIBRARY_TYPES + _DYNAMIC_TYPES + ["proc-macro"]),
            ))
    if not proc_macro and not [type_ for type_ in types if type_ in _LIBRARY_TYPES]:
        errors.append("unsupported \"lib.crate-type\" {}: expected a list with \"lib\" or \"rlib\"".format(types))
    return {
        "auto": manifest["package"].get("autolib", True),
        "declared": "lib" in manifest,
        "doctest": lib.get("doctest", True),
        "name": lib.get("name", name.replace("-", "_")),
        "path": _path(lib.get("path", "src/lib.rs"), "lib.path", errors),
        "proc_macro": proc_macro,
        "test": lib.get("test", True),
    }

def _targets(manifest, section, errors):
    """Returns the declared targets of a section, such as `[[bin]]`. The macros add missing paths."""
    targets = []
    for target in manifest.get(section, []):
        if "name" not in target:
            errors.append("missing key \"{0}.name\" in a [[{0}]]".format(section))
            continue
        for feature in target.get("required-features", []):
            if "/" in feature:
                errors.append("unsupported \"{}.required-features\" \"{}\": expected a feature of the package".format(section, feature))
        targets.append({
            "harness": target.get("harness", True),
            "name": target["name"],
            "path": _path(target["path"], section + ".path", errors) if "path" in target else None,
            "required_features": target.get("required-features", []),
            "test": target.get("test", section in ["bin", "test"]),
        })
    return targets

def read_package(manifest, directory, workspace, errors):
    """Reads the package of a manifest.

    Args:
        manifest: parsed Cargo.toml.
        directory: directory of the manifest, relative to the root of the workspace.
        workspace: dict of the table `[workspace]` of the root.
        errors: list of error messages, which is extended.

    Returns:
        A dict with `name`, `version`, `edition`, `env` (CARGO_PKG_*), `links` and `build` (or None), `lints` (flags), `lib`, `bin`,
        `example`, `test`, `bench`, and `auto` (list of the sections whose targets are discovered). None without `[package]` or its name.
    """
    if "package" not in manifest:
        return None
    package = _inherited(manifest["package"], directory, workspace.get("package", {}), errors)
    if type(package.get("name")) != "string":
        errors.append("missing key \"package.name\"")
        return None
    package.setdefault("version", "0.0.0")
    env = _env(package)
    for variable, value in env.items():
        errors.extend(placeholder_errors("package." + variable.removeprefix("CARGO_PKG_").lower().replace("_", "-"), value))
    lints = manifest.get("lints", {})
    if lints.get("workspace") == True:
        lints = workspace.get("lints", {})
    edition = package.get("edition", "2015")
    build = package.get("build")
    if type(build) == "list":
        errors.append("unsupported \"package.build\" {}: expected one path".format(build))
    elif type(build) == "string":
        build = _path(build, "package.build", errors)
    targets = {
        section: _targets(manifest, section, errors)
        for section in ["bench", "bin", "example", "test"]
    }
    return targets | {
        "auto": [
            section
            for section, declared in targets.items()
            # In edition 2015 a declared target disables the discovery of others.
            if package.get("auto" + section + ("es" if section == "bench" else "s"), edition != "2015" or not declared)
        ],
        "build": build,
        "edition": edition,
        "env": env,
        "lib": _library(manifest, package["name"], errors),
        "links": package.get("links"),
        "lints": lint_flags(lints, errors),
        "name": package["name"],
        "version": package["version"],
    }
