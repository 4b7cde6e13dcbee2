"""Runs the conformance suite: facts that are true of both a Bazel module and its stand-in.

    python3 tools/distro/conformance/run.py                             the stand-ins
    python3 tools/distro/conformance/run.py --genuine --bazel bazelisk  the modules of the Bazel Central Registry

Prints a line for each failed case, then `N passed, N failed`.

A data file is a JSON object. A text may also be a list of strings, its lines.

    build_header  text, prepended to the BUILD file of each case, such as load statements
    module_header text, prepended to `module` of each case
    shared        object: `build` and `files`, as below, of the package `//NAME`, where NAME is that of the data file; for
                  targets that several cases use
    cases         list of cases:
      name          an identifier, also the name of the package
      kind          "analysis": `:target` is analyzed, in a shared workspace
                    "image": `:target` is built in it, and its OCI layout or archive is read
                    "module": `command` runs in a separate workspace
      build         text of the BUILD file; of kind "module": of the root package, default empty
      files         object: additional files of the package, path to text
      output        kind "image": the file or directory to read, relative to the package; default "target"
      module        kind "module": text of MODULE.bazel, after the bazel_dep lines of this repository and `module_header`
      command       kind "module": Bazel's arguments; default ["build", "--nobuild", "//:all"]
      expected      the outcome; one or more of
        error         list of strings: the case fails, and its messages contain each of them
        output        kind "module": list of strings that a successful command prints
        config        kind "image": object of facts about the image config,
        manifest      about the image manifest or an archive's manifest.json,
        index         about the image index or an archive's index.json.
                      A fact is a path of keys and list positions separated by `/`, and the exact value; null: the path does
                      not exist. An empty object as `expected`: the case succeeds.
      refused_here  object: the stand-in intentionally fails instead
        reason        text: the fault of the original's result
        error         as above

A layer's `created_by` is never a fact, because in the original it is the layer's label.
"""

import argparse
import os
import pathlib
import shlex
import sys
import tempfile
from typing import NoReturn

# Do not write to the checkout.
sys.dont_write_bytecode = True

from bazel import Bazel
from case import Case, Suite, read_suite
from facts import read_documents, unmet_facts
from workspace import write_module_workspace, write_workspace

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]


def check_failure(case: Case, expected: list[str], succeeded: bool, messages: str) -> str | None:
    """Checks a case that is expected to fail; returns the error, or None."""
    if succeeded:
        return f"succeeded, expected an error with {expected}"
    # Every message contains the case's name, which must not satisfy an expectation.
    messages_without_name = messages.replace(case.package, "")
    missing = [part for part in expected if part not in messages_without_name]
    return f"the error has no {missing}:\n{messages}" if missing else None


def check(case: Case, genuine: bool, succeeded: bool, messages: str, directory: pathlib.Path | None = None) -> str | None:
    """Checks the outcome of a case; returns the error, or None."""
    expected_error = case.expected_error(genuine)
    if expected_error is not None:
        return check_failure(case, expected_error, succeeded, messages)
    if not succeeded:
        return f"failed:\n{messages}"
    if case.kind == "module":
        missing = [part for part in case.expected.get("output", []) if part not in messages]
        return f"the output has no {missing}:\n{messages}" if missing else None
    if case.kind == "image" and directory is not None:
        return unmet_facts(case.expected, read_documents(directory / case.output))
    return None


def run_in_workspace(cases: list[Case], genuine: bool, bazel: Bazel) -> dict[Case, str | None]:
    """Runs the cases of kinds "analysis" and "image", with one command per kind."""
    outcomes: dict[Case, str | None] = {}
    for kind, flags in {"analysis": ["--nobuild"], "image": []}.items():
        selected = [case for case in cases if case.kind == kind]
        if not selected:
            continue
        result = bazel.build([case.label for case in selected], flags)
        for case in selected:
            directory = bazel.workspace / "bazel-bin" / case.package
            outcomes[case] = check(case, genuine, case.label in result.succeeded, result.messages_of(case.package), directory)
    return outcomes


def run_module(case: Case, genuine: bool, bazel: Bazel) -> str | None:
    """Runs a case of kind "module"."""
    write_module_workspace(bazel.workspace, CHECKOUT, case)
    status, output = bazel.run(case.command)
    return check(case, genuine, status == 0, output)


def run(suites: list[Suite], genuine: bool, command: list[str], scratch: pathlib.Path) -> dict[Case, str | None]:
    """Runs all cases and returns the error of each, or None."""
    outcomes: dict[Case, str | None] = {}
    cases = [case for suite in suites for case in suite.cases]
    shared = [case for case in cases if case.kind != "module"]
    # Bazel resolves modules again if MODULE.bazel changes, and analyzes again if flags change.
    separate = sorted((case for case in cases if case.kind == "module"), key=lambda case: (case.module, case.command))
    with Bazel(command, scratch) as bazel:
        if shared:
            write_workspace(scratch, CHECKOUT, suites)
            outcomes |= run_in_workspace(shared, genuine, bazel)
        outcomes |= {case: run_module(case, genuine, bazel) for case in separate}
    return outcomes


class Parser(argparse.ArgumentParser):
    """A parser that exits with EX_USAGE."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(os.EX_USAGE, f"{self.prog}: error: {message}\n")


def main() -> int:
    """Runs the cases of the command line."""
    parser = Parser(description="Runs the conformance suite.")
    parser.add_argument("--bazel", default=str(CHECKOUT / "tools/bazel"), help="the Bazel command, as one argument; default tools/bazel")
    parser.add_argument("--genuine", action="store_true", help="expect the results of the genuine modules")
    parser.add_argument("--case", action="append", default=[], help="run only cases with this name; may be repeated")
    parser.add_argument("files", nargs="*", type=pathlib.Path, default=sorted(HERE.glob("*.json")), help="data files; default: all")
    options = parser.parse_args()
    suites = [read_suite(file, options.case) for file in options.files]
    if not any(suite.cases for suite in suites):
        parser.error(f"unknown case: {options.case}")
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = run(suites, options.genuine, shlex.split(options.bazel), pathlib.Path(scratch))
    failures = {case: error for case, error in outcomes.items() if error}
    for case, error in failures.items():
        print(f"FAILED {case.package}: {error}")
    print(f"{len(outcomes) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
