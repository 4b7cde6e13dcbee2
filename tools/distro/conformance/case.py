"""One case of the suite, as its data file has it. The format is documented in run.py."""

import dataclasses
import json
import pathlib
from typing import Any

KINDS = ["analysis", "image", "module"]
DEFAULT_COMMAND = ["build", "--nobuild", "//:all"]
KEYS = ["name", "kind", "build", "files", "output", "module", "command", "expected", "refused_here"]


@dataclasses.dataclass(eq=False)
class Case:
    """A BUILD or MODULE.bazel file, and what happens with it."""

    suite: str
    name: str
    kind: str
    build: str
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
        """The words of the error, or None if the case succeeds."""
        if self.refused_here and not genuine:
            return self.refused_here["error"]
        return self.expected.get("error")


def text(value: str | list[str]) -> str:
    """Text, or the lines of one."""
    return value if isinstance(value, str) else "\n".join(value) + "\n"


def read_cases(file: pathlib.Path) -> list[Case]:
    """Reads a data file."""
    data = json.loads(file.read_text())
    cases = [read_case(file.stem, data, case) for case in data["cases"]]
    names = [case.name for case in cases]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{file}: {name!r} is the name of several cases")
    return cases


def read_case(suite: str, headers: dict[str, Any], data: dict[str, Any]) -> Case:
    """Reads one case."""
    unknown = sorted(set(data) - set(KEYS))
    if unknown or data["kind"] not in KINDS:
        raise ValueError(f"{suite}: case {data['name']!r}: unknown keys {unknown} or kind {data['kind']!r}")
    return Case(
        suite=suite,
        name=data["name"],
        kind=data["kind"],
        build=text(headers.get("build_header", "")) + text(data["build"]) if "build" in data else "",
        files={path: text(content) for path, content in data.get("files", {}).items()},
        output=data.get("output", "target"),
        module=text(headers.get("module_header", "")) + text(data.get("module", "")),
        command=data.get("command", DEFAULT_COMMAND),
        expected=data["expected"],
        refused_here=data.get("refused_here"),
    )
