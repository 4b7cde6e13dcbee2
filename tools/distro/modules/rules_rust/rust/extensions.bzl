"""The `rust` and `rust_host_tools` extensions, with the tags of rules_rust 0.73, for Debian's rustc and a musl std."""

load("//rust/private/debian:host_tools.bzl", "debian_host_tools")
load("//rust/private/debian:repository_sets.bzl", "default_set", "read_repository_sets")
load("//rust/private/debian:tags.bzl", "HOST_TOOLS_ATTRS", "REPOSITORY_SET_ATTRS", "TOOLCHAIN_ATTRS", "check_supported")
load("//rust/private/debian:toolchains.bzl", "debian_rust_toolchains")

_EXEC_TRIPLE = "x86_64-unknown-linux-gnu"

# The default set of rules_rust for _EXEC_TRIPLE, unless the root module declares one of this name.
_DEFAULT_SET = "rust_linux_x86_64"

def _modules(module_ctx):
    """Returns the root module, or rules_rust if the root module does not use the extension, and rules_rust."""
    root, rules = None, None
    for module in module_ctx.modules:
        if module.is_root:
            root = module
        if module.name == "rules_rust":
            rules = module
    return root or rules, rules

def _toolchain_tag(root, rules):
    tags = root.tags.toolchain or rules.tags.toolchain
    if len(tags) > 1:
        fail("rust.toolchain: expected one tag, found {}; a toolchain repository can be created once".format(len(tags)))
    check_supported("toolchain", tags[0])
    return tags[0]

def _rust_impl(module_ctx):
    root, rules = _modules(module_ctx)
    toolchain = _toolchain_tag(root, rules)
    sets = read_repository_sets(root.tags.repository_set)

    if _DEFAULT_SET not in sets or sets[_DEFAULT_SET].exec_triple != _EXEC_TRIPLE:
        default = default_set(_DEFAULT_SET, _EXEC_TRIPLE, toolchain)
        sets = {"default " + _DEFAULT_SET: default} | sets

    debian_rust_toolchains(
        name = "rust_toolchains",
        exec_triple = _EXEC_TRIPLE,
        toolchains = [
            json.encode(declared)
            for repository_set in sets.values()
            for declared in repository_set.toolchains
            # As in rules_rust, no toolchain of any set is registered without a version in `rust.toolchain`.
            if toolchain.versions and repository_set.exec_triple == _EXEC_TRIPLE
        ],
        versions = toolchain.versions,
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
    # The first is rules_rust's own repository.
    names = ["rust_host_tools"] + [
        tag.name
        for module in module_ctx.modules
        for tag in module.tags.host_tools
    ]
    for name in names:
        debian_host_tools(name = name)
    return module_ctx.extension_metadata(reproducible = True)

rust_host_tools = module_extension(
    doc = "cargo and rustc for crate_universe.",
    implementation = _rust_host_tools_impl,
    tag_classes = {
        "host_tools": tag_class(attrs = HOST_TOOLS_ATTRS),
    },
)
