"""The repository rule that writes the layer of crates."""

load(":build_root.bzl", "read_root")

_LAYER = """exports_files(
    ["crates.tar"],
    visibility = ["//visibility:public"],
)
"""

_INCOMPATIBLE = """filegroup(
    name = "crates.tar",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

def _run(rctx, command):
    result = rctx.execute(command, quiet = True)
    if result.return_code:
        fail("%s: `%s` failed:\n%s" % (rctx.name, " ".join([str(argument) for argument in command]), result.stderr))

def _lock(rctx, crates):
    """Resolves a package with these dependencies, and returns the path of its Cargo.lock."""
    dependencies = ["%s = \"=%s\"\n" % (name, version) for name, version in sorted(crates.items())]
    rctx.file("package/Cargo.toml", "[package]\nname = \"crates\"\n[dependencies]\n" + "".join(dependencies))
    rctx.file("package/src/lib.rs", "")
    command = ["/usr/bin/cargo", "generate-lockfile", "--quiet", "--manifest-path", "package/Cargo.toml"]

    # Tries without network first, which a CI container may lack.
    if rctx.execute(command + ["--offline"], quiet = True).return_code:
        _run(rctx, command)
    return rctx.path("package/Cargo.lock")

def _root_crates_impl(rctx):
    if not read_root(rctx):
        rctx.file("BUILD.bazel", _INCOMPATIBLE)
        return
    layer = rctx.path(Label("//platforms/layer:layer.py"))
    crates = rctx.path(Label("//platforms/layer:crates.py"))
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
    rctx.file("BUILD.bazel", _LAYER)

root_crates = repository_rule(
    doc = """Writes the layer `crates.tar` with the crates of Cargo.lock files, with which cargo and Bazel need no network in a CI image.

The layer is not compressed, because the archives of the crates are. Outside a build root, `crates.tar` is incompatible.
""",
    implementation = _root_crates_impl,
    attrs = {
        "cargo_lockfiles": attr.label_list(
            doc = "The Cargo.lock files, each in the directory of the Cargo.toml of its workspace.",
            mandatory = True,
        ),
        "crates": attr.string_dict(
            doc = "Additional crates that rules download, a dict from a name to a version. Their dependencies are included. Default: none.",
        ),
    },
    environ = ["THIMBLE_ROOT"],
)
