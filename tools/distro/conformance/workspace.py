"""Writes the workspaces of the cases."""

import pathlib
import shutil

from case import Case, Suite

# Required by the stand-ins' Rust tools and by the launcher's platform.
SUPPORT = [
    ".bazelrc",
    "platforms/libc/BUILD.bazel",
    "platforms/libc/toolchains.MODULE.bazel",
    "tools/bazelrc",
    "tools/registry",
    "tools/rust/toolchains.MODULE.bazel",
]

# Most code of Bazel runs too few times here for the JVM's optimizing compiler to pay.
RC = "startup --host_jvm_args=-XX:TieredStopAtLevel=1\n"

# The launcher's `--platforms` names this module.
MODULE = """\
module(name = "thimble")

"""

PLATFORMS = """\
package(default_visibility = ["//visibility:public"])

[
    platform(
        name = name,
        constraint_values = [
            "//platforms/libc:musl",
            "@platforms//cpu:" + cpu,
            "@platforms//os:linux",
        ],
    )
    for name, cpu in [
        ("linux_x86_64_musl", "x86_64"),
        ("linux_arm64_musl", "aarch64"),
    ]
]
"""

TOOLCHAINS = """\
include("//tools/rust:toolchains.MODULE.bazel")
include("//platforms/libc:toolchains.MODULE.bazel")
"""


def write_workspace(directory: pathlib.Path, checkout: pathlib.Path, suites: list[Suite]) -> None:
    """Writes the shared workspace, with a package for each suite and each case."""
    write_support(directory, checkout)
    (directory / "MODULE.bazel").write_text(MODULE + dependencies(checkout) + TOOLCHAINS)
    (directory / "BUILD.bazel").touch()
    for suite in suites:
        write_files(directory / suite.name, suite.package)
        for case in suite.cases:
            if case.kind != "module":
                write_files(directory / case.package, case.files)


def write_module_workspace(directory: pathlib.Path, checkout: pathlib.Path, case: Case) -> None:
    """Replaces the workspace of other cases. Keeps Bazel's convenience symlinks."""
    for entry in directory.iterdir():
        if not entry.is_symlink():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    write_support(directory, checkout)
    (directory / "MODULE.bazel").write_text(MODULE + dependencies(checkout) + case.module)
    write_files(directory, case.files)


def dependencies(checkout: pathlib.Path) -> str:
    """Returns the bazel_dep lines of this repository."""
    lines = (checkout / "MODULE.bazel").read_text().splitlines(keepends=True)
    return "".join(line for line in lines if line.startswith("bazel_dep("))


def write_support(directory: pathlib.Path, checkout: pathlib.Path) -> None:
    """Copies files that every workspace requires."""
    for path in SUPPORT:
        source, target = checkout / path, directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, target) if source.is_dir() else shutil.copyfile(source, target)
    (directory / "user.bazelrc").write_text(RC)
    (directory / "tools/rust/BUILD.bazel").touch()
    (directory / "platforms/BUILD.bazel").write_text(PLATFORMS)


def write_files(directory: pathlib.Path, files: dict[str, str]) -> None:
    """Writes files."""
    for path, content in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode())
