"""The repository `emulators`: what runs a program of another CPU on this machine, one target a CPU of `IMAGE_PLATFORMS`."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")

_FOUND = """
filegroup(
    name = "{cpu}",
    srcs = ["qemu-{cpu}"],
    visibility = ["//visibility:public"],
)
"""

# Whatever depends on it is incompatible too: Bazel prints such tests as SKIPPED.
_MISSING = """
filegroup(
    name = "{cpu}",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

_NOTICE = """there is no qemu-{cpu}-static or qemu-{cpu} on PATH: tests that boot an image for {cpu} are SKIPPED. \
To run them:
    sudo apt install qemu-user-static"""

def _emulators_impl(rctx):
    content = []
    for platform in IMAGE_PLATFORMS:
        cpu = platform.cpu

        # The plain name is a static program too in newer releases of Debian, the build root's among them.
        found = rctx.which("qemu-{}-static".format(cpu)) or rctx.which("qemu-" + cpu)
        if found:
            rctx.symlink(found, "qemu-" + cpu)
        elif cpu not in [rctx.os.arch, _ARCHITECTURES.get(rctx.os.arch)] and rctx.os.name == "linux":
            # buildifier: disable=print
            print(_NOTICE.format(cpu = cpu))
        content.append((_FOUND if found else _MISSING).format(cpu = cpu))
    rctx.file("BUILD.bazel", "".join(content))

# Java's names of this machine's CPU that differ from Bazel's.
_ARCHITECTURES = {
    "amd64": "x86_64",
}

emulators = repository_rule(
    doc = "qemu's user-mode emulators, static ones, as far as the machine has them: `@emulators//:<cpu>`.",
    implementation = _emulators_impl,
    environ = ["PATH"],
    local = True,
)
