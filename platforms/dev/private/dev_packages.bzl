"""The repository rule that downloads the Debian packages of the dev image."""

load("//platforms/ci:defs.bzl", "read_root")

_LIST = "/usr/share/thimble/dev-packages"

_PACKAGES = """filegroup(
    name = "packages",
    srcs = glob(["*.deb"]),
    visibility = ["//visibility:public"],
)
"""

_INCOMPATIBLE = """filegroup(
    name = "packages",
    target_compatible_with = ["@platforms//:incompatible"],
    visibility = ["//visibility:public"],
)
"""

# Fails at analysis and not when the repository is fetched, because queries of the whole workspace fetch it, too.
_UNAVAILABLE = """load("{rule}", "unavailable")

unavailable(
    name = "packages",
    message = {message},
    visibility = ["//visibility:public"],
)
"""

_MOVED = """cannot download {file}, the version that the build root resolved. If Debian's archive has a newer version, rebuild the root, whose digest may change:
    tools/bazel shutdown; rm -r ~/.cache/thimble/component/debian-*"""

def _parse(line):
    """Parses a line of `apt-get --print-uris`: 'URI' FILE SIZE SHA256:DIGEST."""
    uri, file, _, digest = line.split(" ")
    return struct(
        file = file,
        sha256 = digest.removeprefix("SHA256:"),
        uri = uri.strip("'"),
    )

def _dev_packages_impl(rctx):
    if not read_root(rctx):
        rctx.file("BUILD.bazel", _INCOMPATIBLE)
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
    rctx.file("BUILD.bazel", _PACKAGES)

dev_packages = repository_rule(
    doc = """Downloads the packages in tools/distro/root/dev-packages.list and their dependencies, as the filegroup `packages`.

The versions are those that apt resolved when the build root was created. If a download fails, targets that depend on `packages` fail.
Outside a build root they are incompatible.
""",
    implementation = _dev_packages_impl,
    environ = ["THIMBLE_ROOT"],
)
