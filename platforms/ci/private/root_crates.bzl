"""The repository of the crates' layer."""

load(":build_root.bzl", "read_root")

_FOUND = """exports_files(
    ["crates.tar"],
    visibility = ["//visibility:public"],
)
"""

_MISSING = """filegroup(
    name = "crates.tar",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

def _run(rctx, command):
    result = rctx.execute(command, quiet = True)
    if result.return_code:
        fail("%s: `%s` failed:\n%s" % (rctx.name, " ".join([str(word) for word in command]), result.stderr))

def _lock(rctx, crates):
    """Path of the Cargo.lock of a package with these dependencies."""
    dependencies = ["%s = \"=%s\"\n" % (name, version) for name, version in sorted(crates.items())]
    rctx.file("package/Cargo.toml", "[package]\nname = \"crates\"\n[dependencies]\n" + "".join(dependencies))
    rctx.file("package/src/lib.rs", "")
    command = ["/usr/bin/cargo", "generate-lockfile", "--quiet", "--manifest-path", "package/Cargo.toml"]

    # Exact versions have one resolution; in a CI container there may be no network for it.
    if rctx.execute(command + ["--offline"], quiet = True).return_code:
        _run(rctx, command)
    return rctx.path("package/Cargo.lock")

def _root_crates_impl(rctx):
    if not read_root(rctx):
        rctx.file("BUILD.bazel", _MISSING)
        return
    layer = rctx.path(Label("//platforms/ci/layer:layer.py"))
    crates = rctx.path(Label("//platforms/ci/layer:crates.py"))
    locks = [rctx.path(lock) for lock in rctx.attr.cargo_lockfiles]
    for lock in locks:
        rctx.watch(lock)
    locks.append(_lock(rctx, rctx.attr.crates))
    for lock in locks:
        _run(rctx, ["/usr/bin/cargo", "fetch", "--quiet", "--locked", "--manifest-path", lock.dirname.get_child("Cargo.toml")])
    _run(rctx, ["/usr/bin/python3", crates, rctx.getenv("CARGO_HOME"), "crates"] + locks)
    _run(rctx, ["/usr/bin/python3", layer, "crates.tar", "--tree", "crates=thimble/crates"])
    rctx.delete("crates")
    rctx.delete("package")
    rctx.file("BUILD.bazel", _FOUND)

root_crates = repository_rule(
    doc = """The layer `crates.tar` with the crates of Cargo.lock files, where the launcher of a CI image finds them: cargo and Bazel need
no network for them then. Not compressed, since the archives are.""",
    implementation = _root_crates_impl,
    attrs = {
        "cargo_lockfiles": attr.label_list(
            doc = "The Cargo.lock files, each beside the Cargo.toml of its workspace.",
            mandatory = True,
        ),
        "crates": attr.string_dict(
            doc = "Versions of further crates by name, with what they depend on: what rules download besides.",
        ),
    },
    environ = ["THIMBLE_ROOT"],
)
