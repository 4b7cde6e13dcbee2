"""The release profile, the rustc flags of programs in images, from `[profile.release]` of Cargo.toml.

Source: https://doc.rust-lang.org/rustc/codegen-options/index.html.
"""

load("@thimble_workspaces//:profile.bzl", _PROFILE = "RELEASE_PROFILE")
load("//tools/cargo/private:profile.bzl", "linker_plugin_lto", "llvm_flags")

# LLVM's cost limit for inlining a function; `opt-level` 2 implies 225. Most inlining above the limit makes programs larger, but
# requests not faster.
_INLINE_THRESHOLD = 40

# The maximum number of stores that replace a memcpy of known length; 16 stores copy 256 bytes. With LLVM's default of 8, each move of a
# request is a call of memcpy.
_MAX_STORES = 16

_HAS_NO_LINES = _PROFILE["debug"] in ["0", "line-directives-only", "none"]

# With LTO, libraries contain only bitcode, which the link of the program compiles. The flag also identifies the release profile.
LTO_FLAG = "-Clinker-plugin-lto=" + linker_plugin_lto(_PROFILE)

# Flags of every crate.
CRATE_FLAGS = [
    "-C{}={}".format(option, value)
    for option, value in _PROFILE.items()
    if option not in ["debug", "lto"]
] + [
    LTO_FLAG,
    # For gdb, in `<name>.symbols`; `stripped_release` removes it from the image's program. Always enabled, because it changes the order of
    # functions (rustc adds the section .debug_gdb_scripts), so a separate build would have other addresses.
    "-Cdebuginfo=" + ("line-tables-only" if _HAS_NO_LINES else _PROFILE["debug"]),
] + llvm_flags(_PROFILE, ["-inline-threshold={}".format(_INLINE_THRESHOLD)])

# Flags of the program, whose link compiles the bitcode of the libraries.
BINARY_FLAGS = [
    "-Clinker-plugin-lto=no",
    "-Clto=" + _PROFILE["lto"],
    # rules_rust 0.73 sets this to "no" unless its own LTO flag is set, and rustc rejects "no" with -Clto.
    "-Cembed-bitcode=yes",
] + llvm_flags(_PROFILE, ["-max-store-memcpy={}".format(_MAX_STORES)])

# Variables of build scripts.
RELEASE_SCRIPT_ENV = {
    "DEBUG": "false" if _PROFILE["debug"] in ["0", "none"] else "true",
    "OPT_LEVEL": _PROFILE["opt-level"],
} | ({"CARGO_CFG_DEBUG_ASSERTIONS": ""} if _PROFILE["debug-assertions"] == "yes" else {})

def release_rustc_flags(extra_flags = []):
    """Returns `rustc_flags` for a `rust_binary` that `release` or `release_binary` builds.

    ```starlark
    load("@rules_rust//rust:defs.bzl", "rust_binary")
    load("//tools/rust:defs.bzl", "TOOL_LINT_FLAGS", "release_rustc_flags")

    rust_binary(
        name = "probe",
        srcs = ["main.rs"],
        rustc_flags = TOOL_LINT_FLAGS + release_rustc_flags(),
    )
    ```

    Args:
        extra_flags: list of flags that follow those of the release profile. Default: none.

    Returns:
        A select of lists of flags: empty in configurations other than the release profile.
    """
    return select({
        Label("//tools/rust:release_profile"): BINARY_FLAGS + extra_flags,
        "//conditions:default": [],
    })
