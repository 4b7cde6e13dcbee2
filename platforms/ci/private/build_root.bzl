"""The repository `build_root`: which build root this Bazel runs in."""

# Relative to the root. What differs between two machines with the same packages, and what a container's engine writes.
_MACHINE_FILES = [
    "etc/apt/apt.conf.d/99mmdebstrap",
    "etc/group",
    "etc/group-",
    "etc/gshadow",
    "etc/gshadow-",
    "etc/hostname",
    "etc/hosts",
    "etc/mtab",
    "etc/passwd",
    "etc/passwd-",
    "etc/resolv.conf",
    "etc/shadow",
    "etc/shadow-",
    "etc/ssl/certs",
    "etc/ssl/private",
    "etc/subgid",
    "etc/subgid-",
    "etc/subuid",
    "etc/subuid-",
]

_FOUND = """exports_files(
    ["root.json"],
    visibility = ["//visibility:public"],
)
"""

# Whatever depends on it is incompatible too.
_MISSING = """filegroup(
    name = "root.json",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

_NOTICE = "the images of the build root (//platforms/ci, //platforms/dev) are SKIPPED: only tools/bazel makes a build root. See docs/pipeline.md"

def read_root(rctx):
    """The parts of the build root.

    Args:
        rctx: `repository_ctx` of a rule with `THIMBLE_ROOT` in its `environ`.
    Returns:
        dict of string to string: directory name of each part, as in `zig-6539c39e3a53ea01`, by its name; `None` outside of a build root.
    """
    parts = rctx.getenv("THIMBLE_ROOT", "").split(" ")
    return {part.rpartition("-")[0]: part for part in sorted(parts) if part} or None

def _build_root_impl(rctx):
    parts = read_root(rctx)
    if not parts:
        # buildifier: disable=print
        print(_NOTICE)
        rctx.file("BUILD.bazel", _MISSING)
        return

    # Packages can move under one key: it covers what is asked for, not what the archive has.
    rctx.file("root.json", json.encode({
        "excluded": _MACHINE_FILES,
        "packages": rctx.read("/usr/share/thimble/packages").splitlines(),
        "parts": parts,
    }))
    rctx.file("BUILD.bazel", _FOUND)

build_root = repository_rule(
    doc = """Describes the build root that `tools/bazel` runs Bazel in: `root.json`, an input of whatever reads the root.

Outside of a build root whatever depends on `root.json` is incompatible, and a notice says so.
""",
    implementation = _build_root_impl,
    environ = ["THIMBLE_ROOT"],
)
