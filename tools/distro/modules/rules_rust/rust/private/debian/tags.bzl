"""The attributes of the tags, by rules_rust 0.73; docs: https://bazelbuild.github.io/rules_rust/rust_bzlmod.html."""

_COMMON_ATTRS = {
    "allocator_library": attr.string(doc = "Ignored: the default is what Debian's rules_rust has."),
    "dev_components": attr.bool(doc = "Not supported."),
    "edition": attr.string(doc = "The edition of targets that name none; default 2021."),
    "rustfmt_version": attr.string(doc = "Ignored: Debian's rustfmt goes with its rustc."),
    "sha256s": attr.string_dict(doc = "Ignored: nothing is downloaded."),
    "urls": attr.string_list(doc = "Ignored: nothing is downloaded."),
}

_FLAG_ATTRS = {
    "extra_exec_rustc_flags": attr.string_list(doc = "Not supported."),
    "extra_rustc_flags": attr.string_list(doc = "Flags for rustc in target configurations; default none."),
    "target_settings": attr.label_list(doc = "Not supported."),
    "versions": attr.string_list(doc = "The versions asked for; a root with another rustc says so."),
}

TOOLCHAIN_ATTRS = dict(
    aliases = attr.string_dict(doc = "Ignored."),
    extra_rustc_flags_triples = attr.string_list_dict(doc = "Not supported."),
    extra_target_triples = attr.string_list(doc = "Ignored: targets come by `repository_set`."),
    rust_analyzer_version = attr.string(doc = "Ignored."),
    **(_COMMON_ATTRS | _FLAG_ATTRS)
)

REPOSITORY_SET_ATTRS = dict(
    name = attr.string(doc = "The set that the call belongs to; of one name, the first call carries what all share."),
    exec_triple = attr.string(doc = "Where rustc runs; sets for another machine make nothing."),
    opt_level = attr.string_dict(doc = "Compilation mode (`dbg`, `fastbuild`, `opt`) to rustc's opt-level; default: rules_rust's."),
    strip_level = attr.string_dict(doc = "Compilation mode to rustc's strip; default: rules_rust's."),
    target_compatible_with = attr.label_list(doc = "Constraints of the target platform."),
    target_triple = attr.string(doc = "What rustc compiles for: this machine's gnu triple, or a musl triple with a std in the root."),
    **(_COMMON_ATTRS | _FLAG_ATTRS)
)

HOST_TOOLS_ATTRS = dict(
    version = attr.string(doc = "Ignored: the root's."),
    **_COMMON_ATTRS
)

# Set, these would change what is built, and Debian's rules_rust can't heed them.
UNSUPPORTED = [
    "dev_components",
    "extra_exec_rustc_flags",
    "extra_rustc_flags_triples",
    "target_settings",
]
