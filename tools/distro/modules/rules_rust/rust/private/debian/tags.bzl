"""The attributes of the tags of rules_rust 0.73; see https://bazelbuild.github.io/rules_rust/rust_bzlmod.html."""

_COMMON_ATTRS = {
    "allocator_library": attr.label(doc = "Not supported."),
    "dev_components": attr.bool(doc = "Not supported."),
    "edition": attr.string(doc = "Edition of targets without one; default: each target must set `edition`."),
    "global_allocator_library": attr.label(doc = "Not supported."),
    "rustfmt_version": attr.string(doc = "Ignored: Debian's rustfmt is used."),
    "sha256s": attr.string_dict(doc = "Ignored: nothing is downloaded."),
    "urls": attr.string_list(doc = "Ignored: nothing is downloaded."),
}

_FLAG_ATTRS = {
    "extra_exec_rustc_flags": attr.string_list(doc = "Flags for rustc in exec configurations; default: none."),
    "extra_rustc_flags": attr.string_list(doc = "Flags for rustc in target configurations; default: none."),
    "opt_level": attr.string_dict(doc = "Compilation mode (`dbg`, `fastbuild`, `opt`) to rustc's opt-level; default: rules_rust's."),
    "strip_level": attr.string_dict(doc = "Compilation mode to rustc's strip; default: rules_rust's."),
    "target_settings": attr.label_list(doc = "`config_setting`s that the target configuration must match; default: none."),
}

TOOLCHAIN_ATTRS = dict(
    aliases = attr.string_dict(doc = "Not supported: the repositories that it renames do not exist."),
    extra_exec_rustc_flags_triples = attr.string_list_dict(doc = "Not supported."),
    extra_rustc_flags_triples = attr.string_list_dict(doc = "Not supported."),
    extra_target_triples = attr.string_list(doc = "Additional targets of the default set, with a std in the root; default: none."),
    rust_analyzer_version = attr.string(doc = "Ignored."),
    rustfmt_toolchain_triples = attr.string_dict(doc = "Ignored: Debian's rustfmt is used."),
    versions = attr.string_list(
        doc = "One version per channel; a root with another rustc prints a warning. Empty: no toolchains.",
        default = ["1.97.1"],
    ),
    **(_COMMON_ATTRS | _FLAG_ATTRS)
)

REPOSITORY_SET_ATTRS = dict(
    name = attr.string(doc = "Name of the set; the first call with a name sets the shared attributes."),
    auth = attr.string_dict(doc = "Ignored: nothing is downloaded."),
    auth_patterns = attr.string_dict(doc = "Ignored: nothing is downloaded."),
    exec_compatible_with = attr.label_list(doc = "Constraints of the execution platform; default: those of `exec_triple`."),
    exec_triple = attr.string(doc = "Triple of the execution platform; sets for other machines are ignored."),
    netrc = attr.string(doc = "Ignored: nothing is downloaded."),
    target_compatible_with = attr.label_list(doc = "Constraints of the target platform."),
    target_triple = attr.string(doc = "Triple of the target platform: this machine's gnu triple, or a musl triple with a std in the root."),
    versions = attr.string_list(doc = "One version per channel; default: none, and then the set has no toolchains."),
    **(_COMMON_ATTRS | _FLAG_ATTRS)
)

# Values that count as unset on calls after the first.
REPOSITORY_SET_DEFAULTS = {
    "rustfmt_version": "nightly/2026-07-16",
}

HOST_TOOLS_ATTRS = dict(
    name = attr.string(doc = "Name of the repository.", default = "rust_host_tools"),
    version = attr.string(doc = "Ignored: the root's rustc is used."),
    **_COMMON_ATTRS
)

# Attributes that change build results in rules_rust and that Debian's rules_rust does not support.
_UNSUPPORTED = [
    "aliases",
    "allocator_library",
    "dev_components",
    "extra_exec_rustc_flags_triples",
    "extra_rustc_flags_triples",
    "global_allocator_library",
]

def check_supported(kind, tag):
    """Fails if an unsupported attribute is set.

    Args:
        kind: name of the tag.
        tag: the tag.
    """
    for name in _UNSUPPORTED:
        if getattr(tag, name, None):
            fail(("rust.{kind}: the attribute '{name}' is not supported by Debian's rules_rust; found {value}\n" +
                  "remove it, or build with bazelisk:\n    bazelisk build //...").format(
                kind = kind,
                name = name,
                value = repr(getattr(tag, name)),
            ))
