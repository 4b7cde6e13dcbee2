"""The repository rule that reads the Cargo.toml files of a workspace for the macros of //tools/rust."""

load("@bazel_skylib//lib:paths.bzl", "paths")
load("//tools/lock:packages.bzl", "locked_dependencies", "parse_packages")
load(":conditions.bzl", "matching_conditions")
load(":config.bzl", "CONFIG_FILE", "read_config")
load(":crate_labels.bzl", "find_crate", "read_crate_labels")
load(":dependencies.bzl", "read_dependencies")
load(":discovery.bzl", "check_dependents", "discover_members")
load(":features.bzl", "is_active", "resolve_features")
load(":lints.bzl", "lint_flags")
load(":manifest.bzl", "check_keys", "check_patches", "read_package")
load(":profile.bzl", "check_release_keys", "release_profile")
load(":protoc.bzl", "uses_protoc")
load(":readme.bzl", "workspace_readme")
load(":requests.bzl", "crate_requests")
load(":toml.bzl", "parse_toml")

def _manifest(root, directory):
    """Returns the path of the Cargo.toml of a directory; "" is the root."""
    return root.get_child(directory, "Cargo.toml") if directory else root.get_child("Cargo.toml")

def _reader(rctx):
    """Returns a function that reads and parses the Cargo.toml of a directory."""
    root = rctx.path(rctx.attr.cargo_toml).dirname
    parsed = {}

    def read(directory):
        if directory not in parsed:
            file = _manifest(root, directory)
            found = parse_toml(rctx.read(file))
            if found.error:
                fail("\n{}: {}".format(file, found.error))
            parsed[directory] = found.value
        return parsed[directory]

    return read

def _config(rctx, errors):
    """Returns the result of `read_config` for the workspace."""
    root = rctx.path(rctx.attr.cargo_toml).dirname
    file = root.get_child(*CONFIG_FILE.split("/"))
    former = file.dirname.get_child("config")
    rctx.watch(file)
    rctx.watch(former)
    if former.exists:
        errors.append("unsupported file \".cargo/config\": expected {0}:\n    git mv .cargo/config {0}".format(CONFIG_FILE))
    parsed = parse_toml(rctx.read(file)) if file.exists else struct(error = None, value = {})
    if parsed.error:
        fail("\n{}: {}".format(file, parsed.error))
    config = read_config(parsed.value, rctx.attr.cargo_toml.package, rctx.attr.ignored_cargo_config, errors)
    if config.env:
        # buildifier: disable=print
        print(("{}: [env] applies to crates of the workspace only; for the build scripts of other crates set the variables by " +
               "crate.annotation(build_script_env = ...)").format(CONFIG_FILE))
    return config

def _read_member(directory, manifest, workspace, custom_options, errors):
    found = []
    check_keys(manifest, directory == "", found)
    member = read_package(manifest, directory, workspace, found)
    if member:
        member["dependencies"] = read_dependencies(manifest, directory, workspace, found)
        member["features"] = manifest.get("features", {})
        for dependency in member["dependencies"]:
            dependency["conditions"] = matching_conditions(dependency["target"], custom_options, found)
    errors.extend(["{}: {}".format(directory + "/Cargo.toml" if directory else "Cargo.toml", it) for it in found])
    return member

def _exists(rctx, file):
    """Reports whether a file exists, and watches it."""
    rctx.watch(file)
    return file.exists

def _inheritable(rctx, workspace):
    """Returns the table `[workspace]` with the README that members inherit."""
    root = rctx.path(rctx.attr.cargo_toml).dirname
    package = workspace.get("package", {})
    readme = workspace_readme(package, lambda name: _exists(rctx, root.get_child(name)))
    return workspace | {"package": package | {"readme": readme}}

def _members(rctx, read, custom_options, errors):
    """Returns a dict from the directory of a member to its dict."""
    top = rctx.path(rctx.attr.cargo_toml).dirname
    root = read("")
    workspace = _inheritable(rctx, root.get("workspace", {}))

    def is_package(directory):
        return _exists(rctx, _manifest(top, directory))

    def is_of_other_workspace(directory):
        """Reports whether a package belongs to another workspace, by `package.workspace` or by a root in a parent directory."""
        if not directory:
            return False
        if (directory + "/").startswith("../"):
            # A workspace at the root of the repository has nothing outside that crate_universe could read.
            return rctx.attr.cargo_toml.package != "" and rctx.path("{}/{}/Cargo.toml".format(top, directory)).exists
        workspace_path = read(directory).get("package", {}).get("workspace") if is_package(directory) else None
        if workspace_path != None:
            return paths.normalize(paths.join(directory, workspace_path)) != "."
        parts = directory.split("/")
        for length in range(len(parts), 0, -1):
            parent = "/".join(parts[:length])
            if is_package(parent) and "workspace" in read(parent):
                return True
        return False

    def path_dependencies(directory):
        dependencies = read_dependencies(read(directory), directory, workspace, [])
        return [it["path"] for it in dependencies if it["path"] != None and not is_of_other_workspace(it["path"])]

    def list_directory(directory):
        if directory not in rctx.attr.globbed_directories:
            return []
        return [it.basename for it in (top.get_child(directory) if directory else top).readdir() if it.is_dir]

    directories = discover_members(
        root,
        list_directory = list_directory,
        is_package = is_package,
        path_dependencies = path_dependencies,
        errors = errors,
    )
    members = {}

    # The root may have no package, but other keys.
    for directory in [""] + [it for it in directories if it]:
        member = _read_member(directory, read(directory), workspace, custom_options, errors)
        if member:
            members[directory] = member
    return members

def _package(rctx, directory):
    """Returns the Bazel package of a directory of the Cargo workspace."""
    return paths.join(rctx.attr.cargo_toml.package, directory) if directory else rctx.attr.cargo_toml.package

def _has_build_file(rctx, directory):
    """Reports whether a directory has a BUILD file. Watches only missing ones, because an edit would repeat the fetch."""
    files = [directory.get_child(name) for name in ["BUILD.bazel", "BUILD"]]
    return any([file.exists for file in files]) or any([_exists(rctx, file) for file in files])

def _build_file_errors(rctx, members):
    """Returns a message for each member without a BUILD file. Members of other modules are not reported."""
    if rctx.attr.cargo_toml.repo_name:
        return []
    root = rctx.path(rctx.attr.cargo_toml).dirname
    return [
        ("{0}/Cargo.toml: member without a BUILD file, neither built nor tested: expected {0}/BUILD.bazel; an empty file excludes the member " +
         "from Bazel:\n    printf 'load(\"{1}//tools/rust:defs.bzl\", \"rust_crate\")\\n\\nrust_crate(name = \"{2}\")\\n' > {0}/BUILD.bazel").format(
            _package(rctx, directory),
            "@thimble" if Label("//tools/rust:defs.bzl").repo_name else "",
            member["name"],
        )
        for directory, member in members.items()
        if directory and not _has_build_file(rctx, root.get_child(directory))
    ]

def _has_library(rctx, directory, library):
    """Reports whether a member has a library. A file that `[lib]` declares must exist."""
    if library["declared"]:
        return True
    file = _manifest(rctx.path(rctx.attr.cargo_toml).dirname, directory).dirname.get_child(library["path"])
    return _exists(rctx, file) and library["auto"]

def _member_target(rctx, directory, library):
    """Returns the target of a member like those of `read_crate_labels`, or None for a package without a library."""
    if not _has_library(rctx, directory, library):
        return None
    return struct(
        group = "proc_macro_deps" if library["proc_macro"] else "deps",
        label = "//{}:crate".format(_package(rctx, directory)),
    )

def _crate_labels(rctx):
    """Returns the result of `read_crate_labels` for `crates`."""
    file = rctx.path(rctx.attr.crates)

    # In rules_rust 0.73, defs.bzl only loads crates.bzl.
    contents = file.dirname.get_child("crates.bzl")
    labels = read_crate_labels(rctx.read(contents if contents.exists else file), rctx.attr.crates.repo_name)
    if labels == None:
        fail("{}: unsupported format: expected that of crate_universe in rules_rust 0.54 to 0.73".format(rctx.attr.crates))
    return labels

def _rendered(rctx, crates, locked, directory, members, errors):
    """Returns the dict of a member for `members.bzl`."""
    member = members[directory]
    dependencies = {}
    aliases = {}

    # The order of the tables of other crates has no effect on actions.
    for dependency in sorted(member.pop("dependencies"), key = lambda it: "" if it["path"] in members else it["package"]):
        if not is_active(dependency, member["active"]) or not dependency["conditions"]:
            continue
        path = dependency["path"]
        if path in members:
            target = _member_target(rctx, path, members[path]["lib"])
            renamed = dependency["crate"] not in [None, members[path]["lib"]["name"]]
        else:
            target = find_crate(crates, locked, member, dependency, errors)
            renamed = dependency["crate"] != None
        if not target and not errors:
            # buildifier: disable=print
            print("{}: ignoring dependency \"{}\": {}".format(
                paths.join(directory, "Cargo.toml"),
                dependency["name"],
                "no library in " + paths.join(path, "Cargo.toml") if path in members else "crate_universe generates no library of the package",
            ))
        if not target:
            continue
        for condition in dependency["conditions"]:
            dependencies.setdefault(dependency["kind"], {}).setdefault(target.group, {}).setdefault(condition, []).append(target.label)
            if renamed:
                aliases.setdefault(dependency["kind"], {}).setdefault(condition, {})[target.label] = dependency["crate"]
    member.pop("active")
    return member | {"aliases": aliases, "dependencies": dependencies}

_BUILD = """\
filegroup(
    name = "bzl_lib",
    srcs = glob(["*.bzl"]),
    visibility = ["//visibility:public"],
)
"""

def _write_constant(rctx, file, doc, name, value):
    # Strings of `rctx.read` contain the bytes of the file.
    rctx.file(file, "\"\"\"{}\"\"\"\n\n{} = {}\n".format(doc, name, repr(value)), legacy_utf8 = False)

def _fail_on(errors):
    if errors:
        fail("\n" + "\n".join(errors))

def _cargo_workspace_impl(rctx):
    errors = []
    read = _reader(rctx)
    config = _config(rctx, errors)
    members = _members(rctx, read, config.custom_options, errors)
    resolved = resolve_features(members)
    errors.extend(resolved.errors)
    cargo_lock = rctx.read(rctx.attr.cargo_lockfile)
    locked = locked_dependencies(cargo_lock)
    requests = crate_requests(
        members,
        resolved,
        locked,
        manifest_path = lambda directory: paths.join(_package(rctx, directory), "Cargo.toml"),
    )
    for directory, member in members.items():
        member["features"] = resolved.features[directory]
        member["known_features"] = resolved.known[directory]
        member["active"] = resolved.dependencies[directory]
        member["uses_protoc"] = uses_protoc(member, members, locked)
    for member in members.values():
        member["config_env"] = config.env
    root = read("")
    lints = lint_flags(root.get("workspace", {}).get("lints", {}), errors)
    release = root.get("profile", {}).get("release", {})
    check_release_keys("Cargo.toml", release, errors)
    profile = release_profile(release | config.release)
    check_patches(root, members, errors)
    check_dependents(
        parse_packages(cargo_lock),
        locked,
        ["{} {}".format(member["name"], member["version"]) for member in members.values()],
        errors,
    )
    missing_build_files = _build_file_errors(rctx, members)
    if missing_build_files and rctx.getenv("THIMBLE_LOCKED"):
        errors.extend(missing_build_files)
    _fail_on(errors)
    for message in missing_build_files:
        # buildifier: disable=print
        print(message)
    crates = _crate_labels(rctx)
    rendered = {_package(rctx, directory): _rendered(rctx, crates, locked, directory, members, errors) for directory in members}
    _fail_on(errors)
    rctx.file("BUILD.bazel", _BUILD)
    _write_constant(rctx, "lints.bzl", "`[workspace.lints]` of Cargo.toml.", "LINTS", lints)
    _write_constant(rctx, "members.bzl", "Members of the Cargo workspace, by directory.", "MEMBERS", rendered)
    _write_constant(rctx, "profile.bzl", "`[profile.release]` of Cargo.toml.", "RELEASE_PROFILE", profile)
    _write_constant(rctx, "requests.bzl", "Cargo.toml files that request each crate of Cargo.lock.", "REQUESTS", requests)

cargo_workspace = repository_rule(
    doc = """Reads the Cargo.toml files of a Cargo workspace. The repository contains four files:

* `members.bzl` with `MEMBERS`, a dict from a Bazel package to a dict with `name`, `version`, `edition`, `env` (CARGO_PKG_*), `config_env`
  (variables of `.cargo/config.toml`), `links`, `build`, `lints` (flags), `lib`, `bin`, `example`, `test`, `bench`, `auto` (the sections
  whose targets are discovered), `features` (enabled features), `known_features`, `uses_protoc`, `dependencies`
  (dicts by kind, then by attribute, then by Rust target, "" for all) and `aliases` (dicts by kind, then by Rust target)
* `lints.bzl` with `LINTS`, the flags of `[workspace.lints]`
* `profile.bzl` with `RELEASE_PROFILE`, the result of `release_profile` for `[profile.release]`
* `requests.bzl` with `REQUESTS`, the result of `crate_requests`

The rule fails with a list of all errors, such as an unsupported key, a member without Cargo.toml, or an unknown feature. A member of the
root module without a BUILD file is an error if the environment variable `THIMBLE_LOCKED` is set, as by `--config=ci`; otherwise it is printed.
""",
    implementation = _cargo_workspace_impl,
    attrs = {
        "cargo_lockfile": attr.label(
            doc = "Cargo.lock of the workspace, for renamed dependencies and `requests.bzl`.",
            allow_single_file = True,
            mandatory = True,
        ),
        "cargo_toml": attr.label(
            doc = "Cargo.toml at the root of the workspace.",
            allow_single_file = True,
            mandatory = True,
        ),
        "crates": attr.label(
            doc = "A file of the repository that `crate.from_cargo` generates.",
            mandatory = True,
        ),
        "globbed_directories": attr.string_list(
            doc = "`searched` of the result of `member_directories`.",
            mandatory = True,
        ),
        "ignored_cargo_config": attr.string_list(
            doc = "Unsupported keys of `.cargo/config.toml` that are not errors. Default: none.",
        ),
    },
)
