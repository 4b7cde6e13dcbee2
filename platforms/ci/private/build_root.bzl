"""The repository rule that describes the build root in which Bazel runs."""

# Paths relative to `/` that differ between machines with the same packages, or that a container engine writes.
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

_ROOT = """exports_files(
    ["root.json"],
    visibility = ["//visibility:public"],
)
"""

# Targets that depend on it are incompatible, too.
_INCOMPATIBLE = """filegroup(
    name = "root.json",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

_NOTICE = "@build_root: not in a build root: the images in //platforms/ci and //platforms/dev are SKIPPED. See docs/pipeline.md"

def read_root(rctx):
    """Returns the components of the build root.

    Args:
        rctx: `repository_ctx` of a rule with `THIMBLE_ROOT` in its `environ`.

    Returns:
        A dict from the name of a component to the name of its directory, as in `zig-6539c39e3a53ea01`; None outside a build root.
    """
    components = rctx.getenv("THIMBLE_ROOT", "").split(" ")
    return {component.rpartition("-")[0]: component for component in sorted(components) if component} or None

def _build_root_impl(rctx):
    components = read_root(rctx)
    if not components:
        # buildifier: disable=print
        print(_NOTICE)
        rctx.file("BUILD.bazel", _INCOMPATIBLE)
        return

    # The key of a component covers the requested packages, but not their versions in the archive.
    rctx.file("root.json", json.encode({
        "excluded": _MACHINE_FILES,
        "packages": rctx.read("/usr/share/thimble/packages").splitlines(),
        "components": components,
    }))
    rctx.file("BUILD.bazel", _ROOT)

build_root = repository_rule(
    doc = """Writes `root.json`, the identity of the build root in which `tools/bazel` runs Bazel. Actions that read the root depend on it.

Outside a build root the targets that depend on `root.json` are incompatible, and the rule prints a notice.
""",
    implementation = _build_root_impl,
    environ = ["THIMBLE_ROOT"],
)
