"""Reads the cases of a data file. See run.py for the format."""

import dataclasses
import json
import pathlib
from typing import Any

KINDS = ["analysis", "image", "module"]
DEFAULT_COMMAND = ["build", "--nobuild", "//:all"]
SUITE_KEYS = ["build_header", "module_header", "shared", "cases"]
KEYS = ["name", "kind", "build", "files", "output", "module", "command", "expected", "refused_here"]


@dataclasses.dataclass(eq=False)
class Case:
    """A BUILD or MODULE.bazel file and its expected outcome."""

    suite: str
    name: str
    kind: str
    files: dict[str, str]
    output: str
    module: str
    command: list[str]
    expected: dict[str, Any]
    refused_here: dict[str, Any] | None

    @property
    def package(self) -> str:
        """The package of the case in the shared workspace."""
        return f"{self.suite}/{self.name}"

    @property
    def label(self) -> str:
        """The target that is analyzed or built."""
        return f"//{self.package}:target"

    def expected_error(self, genuine: bool) -> list[str] | None:
        """Returns the parts of the error, or None if the case succeeds."""
        if self.refused_here and not genuine:
            return self.refused_here["error"]
        return self.expected.get("error")


@dataclasses.dataclass
class Suite:
    """The cases of a data file and the files of their shared package."""

    name: str
    cases: list[Case]
    package: dict[str, str]


def check_keys(where: pathlib.Path | str, data: dict[str, Any], known: list[str]) -> None:
    """Fails if an object has unknown keys."""
    unknown = sorted(set(data) - set(known))
    if unknown:
        raise ValueError(f"{where}: unknown keys {unknown}: expected keys of {known}")


def text(value: str | list[str]) -> str:
    """Returns a text, or joins its lines."""
    return value if isinstance(value, str) else "\n".join(value) + "\n"


def read_suite(file: pathlib.Path, only: list[str]) -> Suite:
    """Reads a data file, with all cases or those named in `only`."""
    data = json.loads(file.read_text())
    check_keys(file, data, SUITE_KEYS)
    cases = [read_case(file.stem, data, case) for case in data["cases"]]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{file}: duplicate case {name!r}")
    shared = data.get("shared", {})
    return Suite(
        name=file.stem,
        cases=[case for case in cases if not only or case.name in only],
        package=read_package(data, shared),
    )


def read_package(headers: dict[str, Any], data: dict[str, Any]) -> dict[str, str]:
    """Returns the files of a package, including its BUILD file."""
    build = text(headers.get("build_header", "")) + text(data["build"]) if "build" in data else ""
    return {"BUILD.bazel": build} | {path: text(content) for path, content in data.get("files", {}).items()}


def read_case(suite: str, headers: dict[str, Any], data: dict[str, Any]) -> Case:
    """Reads one case."""
    check_keys(f"{suite}: case {data['name']!r}", data, KEYS)
    if data["kind"] not in KINDS:
        raise ValueError(f"{suite}: case {data['name']!r}: unknown kind {data['kind']!r}: expected one of {KINDS}")
    return Case(
        suite=suite,
        name=data["name"],
        kind=data["kind"],
        files=read_package(headers, data),
        output=data.get("output", "target"),
        module=text(headers.get("module_header", "")) + text(data.get("module", "")),
        command=data.get("command", DEFAULT_COMMAND),
        expected=data["expected"],
        refused_here=data.get("refused_here"),
    )
