"""Runs the conformance suite: facts that hold for a Bazel module and for the stand-in of it alike.

    python3 tools/distro/conformance/run.py                             the stand-ins
    python3 tools/distro/conformance/run.py --genuine --bazel bazelisk  the modules of the Bazel Central Registry

Prints a line for each failed case, then `N passed, N failed`.

A data file is a JSON object. Wherever text is expected, a list of strings is a text of these lines.

    build_header  text, prepended to the BUILD file of each case: the load statements
    module_header text, prepended to `module` of each case
    shared        object: `build` and `files`, as below, of the package `//NAME`, where NAME is the data file's: targets that
                  several cases use
    cases         list of cases:
      name          also the package, so an identifier
      kind          "analysis": `:target` is analyzed, in the one workspace of all cases
                    "image": `:target` is built there, and its OCI layout or archive is read
                    "module": `command` runs in a workspace of the case's own
      build         text of the BUILD file; of kind "module": of the root package, default empty
      files         object: further files of the package, path to text
      output        kind "image": the file or directory to read, relative to the package; default "target"
      module        kind "module": text of MODULE.bazel, after the bazel_dep lines of this repository and `module_header`
      command       kind "module": Bazel's arguments; default ["build", "--nobuild", "//:all"]
      expected      what happens; one or more of
        error         list of words: the case fails, and its messages contain each of them
        output        kind "module": list of words that a successful command prints
        config        kind "image": object of facts about the image config,
        manifest      about the image manifest or an archive's manifest.json,
        index         about the image index or an archive's index.json.
                      A fact is a path of keys and list positions separated by `/`, and the exact value there; null: nothing
                      is there. An empty object as `expected`: the case succeeds.
      refused_here  object: the stand-in fails on purpose instead
        reason        text: what is wrong with the result of the original
        error         as above

A layer's `created_by` is never a fact: the original has the layer's label there.
"""

import argparse
import pathlib
import shlex
import sys
import tempfile

# The checkout stays as it is.
sys.dont_write_bytecode = True

from bazel import Bazel
from case import Case, Suite, read_suite
from facts import read_documents, unmet_facts
from workspace import write_module_workspace, write_workspace

HERE = pathlib.Path(__file__).resolve().parent
CHECKOUT = HERE.parents[2]


def check_failure(case: Case, words: list[str], succeeded: bool, messages: str) -> str | None:
    """Returns what is wrong with a case that is expected to fail."""
    if succeeded:
        return f"succeeded, expected an error with {words}"
    # The name of the case is in every message.
    said = messages.replace(case.package, "")
    missing = [word for word in words if word not in said]
    return f"the error has no {missing}:\n{messages}" if missing else None


def check(case: Case, genuine: bool, succeeded: bool, messages: str, directory: pathlib.Path | None = None) -> str | None:
    """Returns what is wrong with the outcome of a case, or None."""
    words = case.expected_error(genuine)
    if words is not None:
        return check_failure(case, words, succeeded, messages)
    if not succeeded:
        return f"failed:\n{messages}"
    if case.kind == "module":
        missing = [word for word in case.expected.get("output", []) if word not in messages]
        return f"the output has no {missing}:\n{messages}" if missing else None
    if case.kind == "image" and directory is not None:
        return unmet_facts(case.expected, read_documents(directory / case.output))
    return None


def run_in_workspace(cases: list[Case], genuine: bool, bazel: Bazel) -> dict[Case, str | None]:
    """Runs the cases of kinds "analysis" and "image", each kind by one command."""
    outcomes: dict[Case, str | None] = {}
    for kind, flags in {"analysis": ["--nobuild"], "image": []}.items():
        chosen = [case for case in cases if case.kind == kind]
        if not chosen:
            continue
        built = bazel.build([case.label for case in chosen], flags)
        for case in chosen:
            directory = bazel.workspace / "bazel-bin" / case.package
            outcomes[case] = check(case, genuine, case.label in built.succeeded, built.messages_of(case.package), directory)
    return outcomes


def run_module(case: Case, genuine: bool, bazel: Bazel) -> str | None:
    """Runs a case of kind "module"."""
    write_module_workspace(bazel.workspace, CHECKOUT, case)
    status, output = bazel.run(case.command)
    return check(case, genuine, status == 0, output)


def run(suites: list[Suite], genuine: bool, command: list[str], scratch: pathlib.Path) -> dict[Case, str | None]:
    """Runs all cases; a value is what is wrong with the case, or None."""
    outcomes: dict[Case, str | None] = {}
    cases = [case for suite in suites for case in suite.cases]
    shared = [case for case in cases if case.kind != "module"]
    if shared:
        write_workspace(scratch / "workspace", CHECKOUT, suites)
        with Bazel(command, scratch / "workspace") as bazel:
            outcomes |= run_in_workspace(shared, genuine, bazel)
    apart = [case for case in cases if case.kind == "module"]
    if apart:
        (scratch / "module").mkdir()
        with Bazel(command, scratch / "module") as bazel:
            outcomes |= {case: run_module(case, genuine, bazel) for case in apart}
    return outcomes


def main() -> int:
    """Runs what the command line names."""
    parser = argparse.ArgumentParser(description="Runs the conformance suite.")
    parser.add_argument("--bazel", default=str(CHECKOUT / "tools/bazel"), help="the command that is Bazel, as one argument")
    parser.add_argument("--genuine", action="store_true", help="that Bazel has the genuine modules")
    parser.add_argument("--case", action="append", default=[], help="run only the cases of this name; may be repeated")
    parser.add_argument("files", nargs="*", type=pathlib.Path, default=sorted(HERE.glob("*.json")), help="data files; default all")
    options = parser.parse_args()
    suites = [read_suite(file, options.case) for file in options.files]
    if not any(suite.cases for suite in suites):
        parser.error("no case of that name")
    with tempfile.TemporaryDirectory() as scratch:
        outcomes = run(suites, options.genuine, shlex.split(options.bazel), pathlib.Path(scratch))
    failures = {case: wrong for case, wrong in outcomes.items() if wrong}
    for case, wrong in failures.items():
        print(f"FAILED {case.package}: {wrong}")
    print(f"{len(outcomes) - len(failures)} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
