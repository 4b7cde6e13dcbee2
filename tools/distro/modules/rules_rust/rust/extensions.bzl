"""The `rust` and `rust_host_tools` extensions, with the tags of rules_rust 0.73, over Debian's rustc and our musl std.

A `repository_set` whose `exec_triple` is this machine's becomes one toolchain for each of its calls; the sets for other
execution platforms are not needed here and make nothing.
"""

load("//rust/private/debian:host_tools.bzl", "debian_host_tools")
load("//rust/private/debian:tags.bzl", "HOST_TOOLS_ATTRS", "REPOSITORY_SET_ATTRS", "TOOLCHAIN_ATTRS", "UNSUPPORTED")
load("//rust/private/debian:toolchains.bzl", "debian_rust_toolchains")

_EXEC_TRIPLE = "x86_64-unknown-linux-gnu"

def _check_supported(kind, tag):
    for name in UNSUPPORTED:
        if getattr(tag, name, None):
            fail(("rust.{kind}: the attribute '{name}' is not supported by Debian's rules_rust; found {value}\n" +
                  "remove it, or build with bazelisk:\n    bazelisk build //...").format(
                kind = kind,
                name = name,
                value = repr(getattr(tag, name)),
            ))

def _root(module_ctx):
    for module in module_ctx.modules:
        if module.is_root:
            return module
    fail("no root module")

def _rust_impl(module_ctx):
    root = _root(module_ctx)
    edition = "2021"
    flags = []
    versions = []
    for tag in root.tags.toolchain:
        _check_supported("toolchain", tag)
        edition = tag.edition or edition
        flags = flags or tag.extra_rustc_flags
        versions = versions or tag.versions

    # As in rules_rust: of the calls with one name, the first carries what all share.
    first = {}
    toolchains = []
    for tag in root.tags.repository_set:
        _check_supported("repository_set", tag)
        shared = first.setdefault(tag.name, tag)
        if shared.exec_triple != _EXEC_TRIPLE:
            continue
        toolchains.append(json.encode({
            "edition": tag.edition or shared.edition or edition,
            "extra_rustc_flags": tag.extra_rustc_flags or shared.extra_rustc_flags or flags,
            "opt_level": tag.opt_level,
            "strip_level": tag.strip_level,
            "target_compatible_with": [str(label) for label in tag.target_compatible_with],
            "target_triple": tag.target_triple,
        }))
        versions = versions or tag.versions

    debian_rust_toolchains(
        name = "rust_toolchains",
        exec_triple = _EXEC_TRIPLE,
        toolchains = toolchains,
        versions = versions,
    )
    return module_ctx.extension_metadata(reproducible = True)

rust = module_extension(
    doc = "Rust toolchains of the build root. Tags: `toolchain`, `repository_set`.",
    implementation = _rust_impl,
    tag_classes = {
        "repository_set": tag_class(attrs = REPOSITORY_SET_ATTRS),
        "toolchain": tag_class(attrs = TOOLCHAIN_ATTRS),
    },
)

def _rust_host_tools_impl(module_ctx):
    debian_host_tools(name = "rust_host_tools")
    return module_ctx.extension_metadata(reproducible = True)

rust_host_tools = module_extension(
    doc = "cargo and rustc for crate_universe.",
    implementation = _rust_host_tools_impl,
    tag_classes = {
        "host_tools": tag_class(attrs = HOST_TOOLS_ATTRS),
    },
)
