"""Runs Bazel in a workspace, and reads what came of each target."""

import json
import pathlib
import re
import subprocess
from types import TracebackType

# The first line of each message. Further lines of a message begin otherwise.
MESSAGE = re.compile(r"^(?:\([\d:.]+\) )?(?:ERROR|WARNING|INFO|DEBUG|FAILED|Loading|Analyzing|Target|Use --verbose_failures)\b", re.MULTILINE)


class Built:
    """What a build of several targets came to."""

    def __init__(self, succeeded: set[str], output: str) -> None:
        self.succeeded = succeeded
        starts = [match.start() for match in MESSAGE.finditer(output)]
        self.messages = [output[start:end] for start, end in zip(starts, starts[1:] + [len(output)])]

    def messages_of(self, package: str) -> str:
        """The messages that name a package."""
        named = re.compile(rf"{re.escape(package)}(?![\w-])")
        return "".join(message for message in self.messages if named.search(message))


class Bazel:
    """A Bazel with a server of its own, for one workspace; a context manager that ends the server."""

    def __init__(self, command: list[str], workspace: pathlib.Path) -> None:
        self.command = command
        self.workspace = workspace

    def __enter__(self) -> "Bazel":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.run(["clean", "--expunge"])

    def run(self, arguments: list[str]) -> tuple[int, str]:
        """Runs a command; returns its exit status and what it printed."""
        done = subprocess.run(
            self.command + arguments,
            cwd=self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        return done.returncode, done.stdout

    def build(self, labels: list[str], flags: list[str]) -> Built:
        """Builds all labels by one command."""
        events = self.workspace / "events.json"
        events.unlink(missing_ok=True)
        arguments = ["build", "--keep_going", "--color=no", "--curses=no", "--noshow_progress", f"--build_event_json_file={events}"]
        _, output = self.run(arguments + flags + labels)
        if not events.exists():
            raise RuntimeError(f"Bazel built nothing:\n{output}")
        return Built(read_successes(events, analysis_alone="--nobuild" in flags), output)


def read_successes(events: pathlib.Path, analysis_alone: bool) -> set[str]:
    """The targets that were built, or analyzed, by Bazel's build event protocol."""
    identifier, result = ("targetConfigured", "configured") if analysis_alone else ("targetCompleted", "completed")
    succeeded = set()
    for line in events.read_text().splitlines():
        event = json.loads(line)
        label = event["id"].get(identifier, {}).get("label")
        outcome = event.get(result)
        if label and outcome is not None and (analysis_alone or outcome.get("success")):
            succeeded.add(label)
    return succeeded
