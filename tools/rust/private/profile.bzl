"""The release profile: what the programs in images are compiled with, from `[profile.release]` of Cargo.toml.

Flags: https://doc.rust-lang.org/rustc/codegen-options/index.html.
"""

load("@thimble_workspaces//:defs.bzl", "ROOT_WORKSPACE")

_PROFILE = ROOT_WORKSPACE.profile

# How much a function may cost to be copied to where it is called, in LLVM's own measure; of itself `opt-level` 2 takes 225. Most
# copies make a program larger and no request faster.
_INLINE_THRESHOLD = 40

# How many stores a copy of known length may be, before it is a call of memcpy; 16 are 256 bytes. LLVM's own 8 make a call of each
# move of a request, which takes four times as many instructions.
_MOST_STORES = 16

# Every crate of a program. Libraries hold nothing but bitcode: they are compiled once, when the program is linked.
CRATE_FLAGS = [
    "-C{}={}".format(option, value)
    for option, value in _PROFILE.items()
    if option != "lto"
] + [
    "-Clinker-plugin-lto=yes",
    # For gdb, in `<name>.symbols`; `stripped_release` removes it from what ships. Compiled in always: the functions are the same without
    # it, but their order is not, since rustc adds section .debug_gdb_scripts, so a second build would not have the addresses of the first.
    "-Cdebuginfo=line-tables-only",
    "-Cllvm-args=-inline-threshold={}".format(_INLINE_THRESHOLD),
]

# The program itself, where rustc does what the libraries left.
BINARY_FLAGS = [
    "-Clinker-plugin-lto=no",
    "-Clto=" + _PROFILE["lto"],
    # rules_rust 0.73 sets this to no unless its own flag asks for LTO, and rustc refuses that beside -Clto.
    "-Cembed-bitcode=yes",
    "-Cllvm-args=-max-store-memcpy={}".format(_MOST_STORES),
]

def release_rustc_flags(further = []):
    """`rustc_flags` of a `rust_binary` that `release` builds.

    Args:
        further: flags after those of the release profile, in that profile alone; a list.

    Returns:
        A select: no flags in other configurations.
    """
    return select({
        Label("//tools/rust:opt_musl"): BINARY_FLAGS + further,
        "//conditions:default": [],
    })
