"""The repository `cargo_lock`: Cargo.lock, held against the Cargo.toml files.

crate_universe resolves the crates with whatever Cargo.lock it is given, and writes the result back to that file without a
message. It is given this repository's copy, which is complete, so that it finds nothing to change.
"""

load(":packages.bzl", "conflict_marker", "describe_changes")

_MAX_CHANGES = 20

# Variables that make crate_universe update crates, here in a copy that nobody sees.
_REPIN_VARIABLES = ["CARGO_BAZEL_REPIN", "REPIN"]

def _update_command(rctx):
    return "tools/bazel fetch @{}//...".format(rctx.attr.name.rpartition("+")[2].rpartition("~")[2])

def _indented(lines):
    return "\n".join(["    " + line for line in lines])

def _refuse_repin(rctx):
    for name in _REPIN_VARIABLES:
        value = rctx.getenv(name, "")
        if value.lower() not in ["", "0", "false", "no", "off"]:
            fail("{} \"{}\" is set: crates are those of Cargo.lock, and the variable must be unset; to update them:\n    cargo update".format(name, value))

def _root(rctx):
    return rctx.path(rctx.attr.cargo_toml).dirname

def _cargo(rctx, *arguments):
    """Runs cargo over the workspace, with the repository's Cargo.lock in place of the workspace's."""
    return rctx.execute(
        [rctx.path(rctx.attr._cargo)] + list(arguments),
        environment = {
            "CARGO_RESOLVER_LOCKFILE_PATH": str(rctx.path("Cargo.lock")),
            "CARGO_TERM_COLOR": "never",
            "RUSTC": str(rctx.path(rctx.attr._rustc)),
        },
        working_directory = str(_root(rctx)),
    )

def _fail_with_output(what, result):
    fail("{}:\n{}".format(what, _indented((result.stderr or result.stdout).strip().splitlines())))

def _watch_manifests(rctx):
    """Watches each member's Cargo.toml, and for new members of `dir/*` the directories of members."""
    root = str(_root(rctx))
    rctx.watch(rctx.attr.cargo_toml)
    result = _cargo(rctx, "metadata", "--format-version=1", "--no-deps", "--offline")
    if result.return_code:
        _fail_with_output("Cargo.toml files are invalid", result)
    for package in json.decode(result.stdout)["packages"]:
        manifest = rctx.path(package["manifest_path"])
        if str(manifest).startswith(root + "/"):
            rctx.watch(manifest)
        siblings = manifest.dirname.dirname
        if str(siblings).startswith(root + "/"):
            siblings.readdir(watch = "yes")

def _resolve(rctx, before):
    """Writes the repository's Cargo.lock: `before`, completed as cargo does before it builds. Returns its content."""

    result = None

    # A lock that fits needs no network once the registry's index is in the cache. Not --locked: cargo accepts entries
    # that nothing needs.
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
        _fail_with_output("Crates of the Cargo.toml files cannot be resolved", result)
    return rctx.read("Cargo.lock")

def _cargo_lock_impl(rctx):
    rctx.file("BUILD.bazel", "exports_files([\"Cargo.lock\"])\n")
    lock = _root(rctx).get_child("Cargo.lock")
    if not rctx.attr.checked:
        rctx.symlink(lock, "Cargo.lock")
        return
    _refuse_repin(rctx)
    before = rctx.read(lock, watch = "no") if lock.exists else ""
    marker = conflict_marker(before)
    if marker:
        fail("Cargo.lock:{}: conflict marker \"{}\"; take one side, and complete it:\n    git checkout --ours Cargo.lock && {}".format(marker.line, marker.text, _update_command(rctx)))

    _watch_manifests(rctx)
    after = _resolve(rctx, before)
    if after != before:
        changes = describe_changes(before, after)
        if len(changes) > _MAX_CHANGES:
            changes = changes[:_MAX_CHANGES] + ["and {} further crates".format(len(changes) - _MAX_CHANGES)]
        if rctx.getenv("THIMBLE_LOCKED"):
            fail("Cargo.lock {}:\n{}\n--config=ci leaves it as it is; to update it:\n    {}".format(
                "does not fit the Cargo.toml files" if before else "is missing",
                _indented(changes),
                _update_command(rctx),
            ))
        copied = rctx.execute(["cp", str(rctx.path("Cargo.lock")), str(lock)])
        if copied.return_code:
            _fail_with_output("Cargo.lock cannot be written", copied)

        # buildifier: disable=print
        print("Cargo.lock was updated to fit the Cargo.toml files:\n{}".format(_indented(changes)))
    rctx.watch(lock)

cargo_lock = repository_rule(
    doc = """Cargo.lock, completed for the Cargo.toml files of the workspace.

Where they do not fit each other, the workspace's Cargo.lock is updated as `cargo update --workspace` does, with a message that
names the crates. If `THIMBLE_LOCKED` is set, as `--config=ci` does, it is left as it is, and the repository fails with that
message instead.""",
    implementation = _cargo_lock_impl,
    attrs = {
        "cargo_toml": attr.label(
            doc = "The workspace's Cargo.toml.",
            mandatory = True,
        ),
        "checked": attr.bool(
            doc = "Whether Cargo.lock is checked and completed; otherwise it is taken as it is.",
            default = True,
        ),
        "_cargo": attr.label(
            doc = "cargo for the machine that builds.",
            default = "@rust_host_tools//:bin/cargo",
        ),
        "_rustc": attr.label(
            doc = "rustc for the machine that builds.",
            default = "@rust_host_tools//:bin/rustc",
        ),
    },
)
