"""The repository `rust_toolchains`: Debian's rustc, a std for each target, and their toolchains."""

load("//rust/platform:triple.bzl", "triple")

_TOOLCHAIN_TYPE = "@rules_rust//rust:toolchain_type"

_HEAD = """\
load("@rules_rust//rust:toolchain.bzl", "rust_stdlib_filegroup", "rust_toolchain")

package(default_visibility = ["//visibility:public"])

filegroup(
    name = "rustc_lib",
    srcs = glob(["lib/*.so*"]),
)
"""

# Debian's gnu .rlib files are stubs: the metadata is in the .rmeta files next to them.
_STD = """
rust_stdlib_filegroup(
    name = "std-{triple}",
    srcs = glob(
        [
            "lib/rustlib/{triple}/lib/*.rlib",
            "lib/rustlib/{triple}/lib/*.rmeta",
            "lib/rustlib/{triple}/lib/*.so",
        ],
        allow_empty = True,
    ),
)
"""

_TOOLCHAIN = """
rust_toolchain(
    name = "{name}",
    allocator_library = "@rules_rust//ffi/cc/allocator_library",
    binary_ext = "",
    cargo = "bin/cargo",
    cargo_clippy = "bin/cargo-clippy",
    clippy_driver = "bin/clippy-driver",
    default_edition = "{edition}",
    dylib_ext = ".so",
    exec_triple = "{exec_triple}",
    extra_exec_rustc_flags = {exec_flags},
    extra_rustc_flags = {flags},
    {levels}
    rust_doc = "bin/rustdoc",
    rust_std = ":std-{target_triple}",
    rustc = "bin/rustc",
    rustc_lib = ":rustc_lib",
    rustfmt = "bin/rustfmt",
    staticlib_ext = ".a",
    stdlib_linkflags = {linkflags},
    target_triple = "{target_triple}",
)

toolchain(
    name = "{name}.toolchain",
    exec_compatible_with = {exec_compatible_with},
    target_compatible_with = {target_compatible_with},
    target_settings = {target_settings},
    toolchain = ":{name}",
    toolchain_type = "{toolchain_type}",
)
"""

_DEFAULT_LEVELS = {
    "opt_level": {"dbg": "0", "fastbuild": "0", "opt": "3"},
    "strip_level": {"dbg": "none", "fastbuild": "none", "opt": "debuginfo"},
}

def _is_musl(target_triple):
    return target_triple.endswith("-musl")

def _link_std(rctx, target_triple):
    directory = "/usr/lib/rustlib/{}/lib".format(target_triple)
    if _is_musl(target_triple):
        directory = "/thimble/rust-std/{}/lib".format(target_triple)
    if not rctx.path(directory).exists:
        fail(("rust.repository_set: no std for target_triple '{triple}' in the build root: {directory} not found\n" +
              "add the target to tools/distro/root/platforms.list, then:\n    tools/bazel build //...").format(
            directory = directory,
            triple = target_triple,
        ))
    rctx.symlink(directory, "lib/rustlib/{}/lib".format(target_triple))

def _levels(tag):
    lines = []
    for name, default in _DEFAULT_LEVELS.items():
        if tag[name]:
            lines.append("{} = {},".format(name, repr(default | tag[name])))
    return "\n    ".join(lines)

# rules_rust 0.73 passes it before all flags of toolchains and targets, unless its LTO setting is used.
_NO_BITCODE = "-Cembed-bitcode=no"

def _toolchain(tag, exec_triple):
    target = tag["target_triple"]
    flags = list(tag["extra_rustc_flags"])
    if _is_musl(target):
        # Links the C toolchain's crt objects and libc, not rustc's copies.
        flags = ["-Clink-self-contained=no", "-Clinker-flavor=ld.lld"] + flags
    return _TOOLCHAIN.format(
        name = tag["name"],
        edition = tag["edition"],
        exec_compatible_with = repr(tag["exec_compatible_with"]),
        exec_flags = repr([_NO_BITCODE] + tag["extra_exec_rustc_flags"]),
        exec_triple = exec_triple,
        flags = repr([_NO_BITCODE] + flags),
        levels = _levels(tag),
        linkflags = repr([] if _is_musl(target) else ["-ldl", "-lpthread"]),
        target_compatible_with = repr(tag["target_compatible_with"]),
        target_settings = repr(tag["target_settings"]),
        target_triple = target,
        toolchain_type = _TOOLCHAIN_TYPE,
    )

def _check_version(rctx):
    result = rctx.execute(["/usr/bin/rustc", "--version"])
    if result.return_code != 0:
        fail("rustc of the build root failed: " + result.stderr)
    version = result.stdout.split(" ")[1]
    if rctx.attr.versions and version not in rctx.attr.versions:
        # buildifier: disable=print
        print("MODULE.bazel requests Rust {}; using Debian's {} of the build root".format(
            ", ".join(rctx.attr.versions),
            version,
        ))

def _debian_rust_toolchains_impl(rctx):
    _check_version(rctx)
    for tool in ["cargo", "cargo-clippy", "clippy-driver", "rustc", "rustdoc", "rustfmt"]:
        rctx.symlink("/usr/bin/" + tool, "bin/" + tool)
    for library in rctx.path("/usr/lib/x86_64-linux-gnu").readdir():
        if library.basename.startswith("librustc_driver-") or library.basename.startswith("libLLVM.so"):
            rctx.symlink(library, "lib/" + library.basename)

    content = [_HEAD]
    toolchains = [json.decode(encoded) for encoded in rctx.attr.toolchains]
    for target_triple in {tag["target_triple"]: None for tag in toolchains}:
        triple(target_triple)  # fails on an unknown triple
        _link_std(rctx, target_triple)
        content.append(_STD.format(triple = target_triple))
    for tag in toolchains:
        content.append(_toolchain(tag, rctx.attr.exec_triple))
    rctx.file("BUILD.bazel", "".join(content))

debian_rust_toolchains = repository_rule(
    doc = "Toolchains of the build root's rustc.",
    implementation = _debian_rust_toolchains_impl,
    attrs = {
        "exec_triple": attr.string(doc = "Triple of the execution platform.", mandatory = True),
        "toolchains": attr.string_list(doc = "One JSON object per toolchain, as returned by `read_repository_sets`."),
        "versions": attr.string_list(doc = "The Rust versions that MODULE.bazel requests."),
    },
    local = True,
)
