"""The repository of the dev image's packages."""

load("//platforms/ci:defs.bzl", "read_root")

_LIST = "/usr/share/thimble/dev-packages"

_FOUND = """filegroup(
    name = "packages",
    srcs = glob(["*.deb"]),
    visibility = ["//visibility:public"],
)
"""

_MISSING = """filegroup(
    name = "packages",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

def _parse(line):
    """One line of `apt-get --print-uris`: 'URI' FILE SIZE SHA256:DIGEST"""
    uri, file, _, digest = line.split(" ")
    return struct(
        file = file,
        sha256 = digest.removeprefix("SHA256:"),
        uri = uri.strip("'"),
    )

def _dev_packages_impl(rctx):
    if not read_root(rctx):
        rctx.file("BUILD.bazel", _MISSING)
        return
    for line in rctx.read(_LIST).splitlines():
        package = _parse(line)
        download = rctx.download(
            allow_fail = True,
            output = package.file,
            sha256 = package.sha256,
            url = package.uri,
        )
        if not download.success:
            fail(("%s: %s cannot be downloaded, as this build root resolved it. If Debian's archive has moved on, make the root again; its packages " +
                  "and so its digest may change:\n    tools/bazel shutdown; rm -r ~/.cache/thimble/component/debian-*") % (rctx.name, package.file))
    rctx.file("BUILD.bazel", _FOUND)

dev_packages = repository_rule(
    doc = """Debian packages that the dev image has on top of the build root: those of tools/distro/root/dev-packages.list and what they depend on,
at the versions that apt resolved when the root was made.""",
    implementation = _dev_packages_impl,
    environ = ["THIMBLE_ROOT"],
)
