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

# Not an error of the repository, which queries of the whole workspace read too.
_UNAVAILABLE = """load("{rule}", "unavailable")

unavailable(
    name = "packages",
    message = {message},
    visibility = ["//visibility:public"],
)
"""

_MOVED = """{file} cannot be downloaded, as the build root resolved it. If Debian's archive has moved on, make the root again; its digest may change:
    tools/bazel shutdown; rm -r ~/.cache/thimble/component/debian-*"""

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
            rctx.file("BUILD.bazel", _UNAVAILABLE.format(
                message = repr(_MOVED.format(file = package.file)),
                rule = Label(":unavailable.bzl"),
            ))
            return
    rctx.file("BUILD.bazel", _FOUND)

dev_packages = repository_rule(
    doc = """Debian packages that the dev image has on top of the build root: those of tools/distro/root/dev-packages.list and what they depend on,
at the versions that apt resolved when the root was made.""",
    implementation = _dev_packages_impl,
    environ = ["THIMBLE_ROOT"],
)
