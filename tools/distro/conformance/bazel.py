"""Runs Bazel in a workspace and reads the result of each target."""

import json
import pathlib
import re
import subprocess
from types import TracebackType

# Matches the first line of each message.
MESSAGE = re.compile(r"^(?:\([\d:.]+\) )?(?:ERROR|WARNING|INFO|DEBUG|FAILED|Loading|Analyzing|Target|Use --verbose_failures)\b", re.MULTILINE)


class BuildResult:
    """The result of building several targets."""

    def __init__(self, succeeded: set[str], output: str) -> None:
        self.succeeded = succeeded
        starts = [match.start() for match in MESSAGE.finditer(output)]
        self.messages = [output[start:end] for start, end in zip(starts, starts[1:] + [len(output)])]

    def messages_of(self, package: str) -> str:
        """Returns the messages that name a package."""
        named = re.compile(rf"{re.escape(package)}(?![\w-])")
        return "".join(message for message in self.messages if named.search(message))


class Bazel:
    """Bazel in one workspace, with a dedicated server; a context manager that stops the server."""

    def __init__(self, command: list[str], workspace: pathlib.Path) -> None:
        self.command = command
        self.workspace = workspace

    def __enter__(self) -> "Bazel":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.run(["clean", "--expunge"])

    def run(self, arguments: list[str]) -> tuple[int, str]:
        """Runs a command and returns its exit code and output."""
        process = subprocess.run(
            self.command + arguments,
            cwd=self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return process.returncode, process.stdout

    def build(self, labels: list[str], flags: list[str]) -> BuildResult:
        """Builds all labels with one command."""
        events = self.workspace / "events.json"
        events.unlink(missing_ok=True)
        arguments = ["build", "--keep_going", "--color=no", "--curses=no", "--noshow_progress", f"--build_event_json_file={events}"]
        _, output = self.run(arguments + flags + labels)
        if not events.exists():
            raise RuntimeError(f"Bazel built nothing:\n{output}")
        return BuildResult(read_successes(events, analysis_only="--nobuild" in flags), output)


def read_successes(events: pathlib.Path, analysis_only: bool) -> set[str]:
    """Returns the targets that were built or analyzed, from a file of the Build Event Protocol."""
    identifier, result = ("targetConfigured", "configured") if analysis_only else ("targetCompleted", "completed")
    succeeded = set()
    for line in events.read_text().splitlines():
        event = json.loads(line)
        label = event["id"].get(identifier, {}).get("label")
        outcome = event.get(result)
        if label and outcome is not None and (analysis_only or outcome.get("success")):
            succeeded.add(label)
    return succeeded
