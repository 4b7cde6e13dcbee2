"""The repository rule that checks Cargo.lock against the Cargo.toml files.

crate_universe completes the Cargo.lock that it reads and overwrites it without a message. It reads the copy in this repository, which is
complete already.
"""

load("@bazel_skylib//lib:paths.bzl", "paths")
load(":packages.bzl", "conflict_marker", "describe_changes", "unused_patches")

_MAX_CHANGES = 20

# More than the Cargo workspaces that one workspace can depend on.
_MAX_WORKSPACES = 100

# Files of a package that the copy of its Cargo.toml must not have next to it.
_NOT_LINKED = ["BUILD", "BUILD.bazel", "Cargo.lock", "Cargo.toml", "target"]

# Variables with which crate_universe would update the copy, and not the Cargo.lock of the workspace.
_REPIN_VARIABLES = ["CARGO_BAZEL_REPIN", "REPIN"]

def _update_command(rctx):
    return rctx.attr.update_command or "tools/bazel fetch @{}//...".format(rctx.attr.name.rpartition("+")[2].rpartition("~")[2])

def _indented(lines):
    return "\n".join(["    " + line for line in lines])

def _reject_repin(rctx):
    for name in _REPIN_VARIABLES:
        value = rctx.getenv(name, "")
        if value.lower() not in ["", "0", "false", "no", "off"]:
            fail("{}: unsupported environment variable {} \"{}\": expected it to be unset; to update Cargo.lock:\n    cargo update".format(rctx.attr.cargo_toml, name, value))

def _root(rctx):
    return rctx.path(rctx.attr.cargo_toml).dirname

def _cargo(rctx, *arguments):
    """Runs cargo in the workspace with the Cargo.lock of this repository."""
    return rctx.execute(
        [rctx.path(rctx.attr._cargo)] + list(arguments),
        environment = {
            "CARGO_RESOLVER_LOCKFILE_PATH": str(rctx.path("Cargo.lock")),
            "CARGO_TERM_COLOR": "never",
            "RUSTC": str(rctx.path(rctx.attr._rustc)),
        },
        working_directory = str(_root(rctx)),
    )

def _fail_with_output(message, result):
    fail("{}:\n{}".format(message, _indented((result.stderr or result.stdout).strip().splitlines())))

def _metadata(rctx, manifest):
    result = _cargo(rctx, "metadata", "--format-version=1", "--no-deps", "--offline", "--manifest-path=" + manifest)
    if result.return_code:
        _fail_with_output("{}: invalid Cargo workspace".format(rctx.attr.cargo_toml), result)
    return json.decode(result.stdout)

def _path_dependencies(package):
    return [it["path"] + "/Cargo.toml" for it in package["dependencies"] if it.get("path") and it["kind"] != "dev"]

def _watch_manifests(rctx):
    """Watches the Cargo.toml of each member, and those of possible members and of patches, which need not exist."""
    root = str(_root(rctx))
    rctx.watch(rctx.attr.cargo_toml)
    for directory in rctx.attr.member_directories:
        rctx.watch(paths.join(root, directory, "Cargo.toml"))
    packages = _metadata(rctx, root + "/Cargo.toml")["packages"]
    others = []
    for package in packages:
        manifest = rctx.path(package["manifest_path"])
        if str(manifest).startswith(root + "/"):
            rctx.watch(manifest)
        others.extend([it["path"] + "/Cargo.toml" for it in package["dependencies"] if it.get("path")])
    _watch_other_workspaces(rctx, others, {package["manifest_path"]: True for package in packages})

def _watch_other_workspaces(rctx, manifests, watched):
    """Watches the Cargo.toml files of path dependencies that are not members, and of the workspaces that they inherit from."""
    packages = {}
    for _ in range(_MAX_WORKSPACES):
        manifests = [manifest for manifest in manifests if manifest not in watched]
        if not manifests:
            return
        following = []
        for manifest in manifests:
            if manifest not in packages:
                metadata = _metadata(rctx, manifest)
                rctx.watch(metadata["workspace_root"] + "/Cargo.toml")
                packages.update({package["manifest_path"]: package for package in metadata["packages"]})
            watched[manifest] = True
            rctx.watch(manifest)
            following.extend(_path_dependencies(packages[manifest]) if manifest in packages else [])
        manifests = following

def _resolve(rctx, before):
    """Completes `before` as `cargo update --workspace` does, and writes it to the repository. Returns the content."""

    result = None

    # A complete lock needs no network if the index of the registry is in the cache. --locked is not used, because it accepts entries that
    # no package needs.
    for options in [["--offline"], []]:
        if before:
            rctx.file("Cargo.lock", before, executable = False)
        else:
            rctx.delete("Cargo.lock")
        result = _cargo(rctx, "update", "--workspace", *options)
        if not result.return_code and rctx.read("Cargo.lock") == before:
            return before
        rctx.report_progress("Resolving crates")
    if result.return_code:
        _fail_with_output("{}: cannot resolve crates".format(rctx.attr.cargo_toml), result)
    return rctx.read("Cargo.lock")

def _copy_manifest(rctx):
    """Copies the Cargo.toml of a workspace in a subdirectory, with links to the files next to it.

    crate_universe reads Cargo.toml in a directory of its own, where a path such as `../chassis` does not exist.
    """
    root = _root(rctx)
    directory = rctx.attr.cargo_toml.package
    links = [paths.join(directory, child.basename) for child in root.readdir(watch = "yes") if child.basename not in _NOT_LINKED]
    for link in links:
        rctx.symlink(root.get_child(paths.basename(link)), link)

    # BUILD files of members are not packages of this repository.
    rctx.file(".bazelignore", "\n".join(links + [""]))
    text = rctx.read(rctx.attr.cargo_toml)
    for quote in ["\"", "'"]:
        for parent in ["../", "./../", ".." + quote, "./.." + quote]:
            text = text.replace(quote + parent, "{}{}/{}".format(quote, root, parent))
    rctx.file(paths.join(directory, "BUILD.bazel"), "exports_files([\"Cargo.toml\"])\n")
    rctx.file(paths.join(directory, "Cargo.toml"), text, executable = False, legacy_utf8 = False)

def _cargo_lock_impl(rctx):
    rctx.file("BUILD.bazel", "exports_files([\"Cargo.lock\", \"config.toml\"])\n")
    rctx.file("config.toml", rctx.attr.config, executable = False, legacy_utf8 = False)
    if rctx.attr.cargo_toml.package:
        _copy_manifest(rctx)
    lock = _root(rctx).get_child("Cargo.lock")
    name = rctx.attr.path or paths.join(rctx.attr.cargo_toml.package, "Cargo.lock")
    if not rctx.attr.checked:
        # Not a symlink, because crate_universe writes to the file.
        rctx.file("Cargo.lock", rctx.read(lock), executable = False)
        return
    _reject_repin(rctx)
    before = rctx.read(lock, watch = "no") if lock.exists else ""
    marker = conflict_marker(before)
    if marker:
        fail("{0}:{1}: conflict marker \"{2}\": expected a resolved file; to update that of a commit without markers (HEAD during a merge):\n    git checkout COMMIT -- {0} && {3}".format(name, marker.line, marker.text, _update_command(rctx)))

    _watch_manifests(rctx)
    after = _resolve(rctx, before)
    if after != before:
        changes = describe_changes(before, after)
        if len(changes) > _MAX_CHANGES:
            changes = changes[:_MAX_CHANGES] + ["and {} other crates".format(len(changes) - _MAX_CHANGES)]
        if rctx.getenv("THIMBLE_LOCKED"):
            fail("{} {}:\n{}\n--config=ci does not update it; to update it:\n    {}".format(
                name,
                "does not match the Cargo.toml files" if before else "is missing",
                _indented(changes),
                _update_command(rctx),
            ))
        copied = rctx.execute(["cp", str(rctx.path("Cargo.lock")), str(lock)])
        if copied.return_code:
            _fail_with_output("{}: cannot write".format(name), copied)

        # buildifier: disable=print
        print("{} was updated to match the Cargo.toml files:\n{}".format(name, _indented(changes)))
    for patch in unused_patches(after):
        # buildifier: disable=print
        print("{}: unused [patch] \"{}\": expected a version that a Cargo.toml accepts; to replace the version in Cargo.lock:\n    cargo update --package {}".format(
            rctx.attr.cargo_toml,
            patch,
            patch.partition(" ")[0],
        ))
    rctx.watch(lock)

cargo_lock = repository_rule(
    doc = """Checks the Cargo.lock of a workspace against its Cargo.toml files. The repository contains `//:Cargo.lock`, a complete copy,
`//:config.toml` with the content of `config`, and for a Cargo workspace in a subdirectory
`//<subdirectory>:Cargo.toml`, a copy with absolute paths for directories outside.

If they do not match, the rule updates the Cargo.lock of the workspace as `cargo update --workspace` does, and prints the crates that
changed. If the environment variable `THIMBLE_LOCKED` is set, as by `--config=ci`, it fails with the same list and does not update the
file. A conflict marker, or a value in `CARGO_BAZEL_REPIN` or `REPIN`, is an error.
""",
    implementation = _cargo_lock_impl,
    attrs = {
        "cargo_toml": attr.label(
            doc = "Cargo.toml at the root of the workspace. Cargo.lock is in the same directory.",
            mandatory = True,
        ),
        "checked": attr.bool(
            doc = "Whether to check and complete Cargo.lock. With False the repository contains an unchanged copy.",
            default = True,
        ),
        "config": attr.string(
            doc = "Content of `config.toml`, for `cargo_config` of `crate.from_cargo`. Default: empty.",
        ),
        "member_directories": attr.string_list(
            doc = "Directories that match the patterns of `members`, and those of `[patch]`, relative to that of `cargo_toml`. Default: none.",
        ),
        "path": attr.string(
            doc = "Path of Cargo.lock in messages. Default: the path in the repository of `cargo_toml`.",
        ),
        "update_command": attr.string(
            doc = "Command that updates Cargo.lock, for messages. Default: `bazel fetch` of the repository, which must be visible to the root module.",
        ),
        "_cargo": attr.label(
            doc = "cargo for the host.",
            default = "@rust_host_tools//:bin/cargo",
        ),
        "_rustc": attr.label(
            doc = "rustc for the host.",
            default = "@rust_host_tools//:bin/rustc",
        ),
    },
)
