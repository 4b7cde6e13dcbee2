"""The repository `emulators`: qemu's user-mode emulators, one target for each CPU of `IMAGE_PLATFORMS`."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")

_EMULATOR = """
filegroup(
    name = "{cpu}",
    srcs = ["qemu-{cpu}"],
    visibility = ["//visibility:public"],
)
"""

# Targets that depend on it are incompatible too. Bazel reports such tests as SKIPPED.
_INCOMPATIBLE = """
filegroup(
    name = "{cpu}",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

_NOTICE = """@emulators: qemu-{cpu}-static and qemu-{cpu} not found on PATH: tests that boot an image for {cpu} are SKIPPED. \
To run them:
    sudo apt install qemu-user-static"""

def _emulators_impl(rctx):
    content = []
    for platform in IMAGE_PLATFORMS:
        cpu = platform.cpu

        # In newer Debian releases, including the build root's, the program without the suffix is static too.
        found = rctx.which("qemu-{}-static".format(cpu)) or rctx.which("qemu-" + cpu)
        if found:
            rctx.symlink(found, "qemu-" + cpu)
        elif cpu not in [rctx.os.arch, _ARCHITECTURES.get(rctx.os.arch)] and rctx.os.name == "linux":
            # buildifier: disable=print
            print(_NOTICE.format(cpu = cpu))
        content.append((_EMULATOR if found else _INCOMPATIBLE).format(cpu = cpu))
    rctx.file("BUILD.bazel", "".join(content))

# Java's CPU names that differ from Bazel's.
_ARCHITECTURES = {
    "amd64": "x86_64",
}

emulators = repository_rule(
    doc = """Finds qemu's static user-mode emulators on PATH: `@emulators//:<cpu>`, with the CPU as `@platforms//cpu` names it.

The target of a CPU without an emulator is incompatible with all platforms, and a notice names the package to install.
""",
    implementation = _emulators_impl,
    environ = ["PATH"],
    local = True,
)
