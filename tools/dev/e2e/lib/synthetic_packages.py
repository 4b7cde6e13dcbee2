"""Generates independent packages and applies a different change to each.

Usage: synthetic_packages.py create WORKSPACE COUNT        writes gen/c000, gen/c001, ...
       synthetic_packages.py change WORKSPACE COUNT SEED   changes each package once; prints `PACKAGE CHANGE` lines
       synthetic_packages.py expect BEFORE AFTER WORKSPACE COMMIT
           prints the top-level targets whose actions differ, from outputs of `bazel aquery --output=jsonproto`

`expect` compares Bazel's action keys and the content of the files that actions read.
"""

import hashlib
import pathlib
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent))

RULES = '''"""A rule with an aspect."""

CellInfo = provider(doc = "Names of the visited targets.", fields = ["names"])

def _names_impl(target, ctx):
    return [CellInfo(names = [target.label.name])]

names = aspect(implementation = _names_impl)

def _cell_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name + ".out")
    ctx.actions.run_shell(
        inputs = ctx.files.srcs + ctx.files.deps,
        outputs = [out],
        command = "cat $@ > {out}".format(out = out.path),
        arguments = [file.path for file in ctx.files.srcs] + [name for dep in ctx.attr.deps for name in dep[CellInfo].names],
    )
    return [DefaultInfo(files = depset([out]))]

cell = rule(
    implementation = _cell_impl,
    attrs = {
        "deps": attr.label_list(aspects = [names]),
        "srcs": attr.label_list(allow_files = True),
    },
)
'''

BUILD = '''load(":rules.bzl", "cell")

filegroup(
    name = "data",
    srcs = glob(["data/**"]),
)

genrule(
    name = "first",
    srcs = [":data"],
    outs = ["first.out"],
    cmd = "cat $(SRCS) > $@",
)

cell(
    name = "second",
    srcs = ["input.txt", ":first.out"] + select({"@platforms//cpu:x86_64": ["here.txt"], "//conditions:default": ["other.txt"]}),
    deps = [":third"],
)

genrule(
    name = "third",
    srcs = ["link.txt"],
    outs = ["third.out"],
    cmd = "$(location tool.sh) $(location link.txt) > $@",
    tools = ["tool.sh"],
)

alias(
    name = "second_alias",
    actual = ":second",
)

genrule(
    name = "apart",
    outs = ["apart.out"],
    cmd = "echo apart > $@",
)
'''


def create(workspace: pathlib.Path, count: int) -> None:
    for number in range(count):
        cell = workspace / f"gen/c{number:03}"
        (cell / "data/deep").mkdir(parents=True)
        (cell / "BUILD.bazel").write_text(BUILD)
        (cell / "rules.bzl").write_text(RULES)
        for name in ["data/a.txt", "data/deep/b.txt", "input.txt", "here.txt", "other.txt", "target.txt", "unused.txt"]:
            (cell / name).write_text(f"{name} {number}\n")
        (cell / "link.txt").symlink_to("target.txt")
        (cell / "tool.sh").write_text("#!/bin/sh\ncat $1\n")
        (cell / "tool.sh").chmod(0o755)


def append(path: pathlib.Path, text: str = "more\n") -> None:
    with path.open("a") as file:
        file.write(text)


def replace(path: pathlib.Path, old: str, new: str) -> None:
    text = path.read_text()
    if old not in text:
        sys.exit(f'error: "{old}" is not in {path}')
    path.write_text(text.replace(old, new))


def relink(link: pathlib.Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


CHANGES = {
    "a source file": lambda cell: append(cell / "input.txt"),
    "a file of a glob": lambda cell: append(cell / "data/deep/b.txt"),
    "a new file of a glob": lambda cell: append(cell / "data/new.txt"),
    "a removed file of a glob": lambda cell: (cell / "data/a.txt").unlink(),
    "a renamed file of a glob": lambda cell: (cell / "data/a.txt").rename(cell / "data/c.txt"),
    "a file that no target reads": lambda cell: append(cell / "unused.txt"),
    "the selected branch's file": lambda cell: append(cell / "here.txt"),
    "the other branch's file": lambda cell: append(cell / "other.txt"),
    "the other branch's value": lambda cell: replace(cell / "BUILD.bazel", '["other.txt"]', '["unused.txt"]'),
    "a symbolic link's target": lambda cell: append(cell / "target.txt"),
    "a symbolic link": lambda cell: relink(cell / "link.txt", "unused.txt"),
    "a tool": lambda cell: append(cell / "tool.sh", "echo more\n"),
    "a tool's executable bit": lambda cell: (cell / "tool.sh").chmod(0o644),
    "a command": lambda cell: replace(cell / "BUILD.bazel", "echo apart", "echo farther"),
    "a comment in a BUILD file": lambda cell: append(cell / "BUILD.bazel", "# comment\n"),
    "a dependency": lambda cell: replace(cell / "BUILD.bazel", 'deps = [":third"]', 'deps = [":third", ":apart"]'),
    "a rule's implementation": lambda cell: replace(cell / "rules.bzl", '"cat $@', '"cat -- $@'),
    "an aspect's implementation": lambda cell: replace(cell / "rules.bzl", "[target.label.name]", '[target.label.name + "x"]'),
    "an alias": lambda cell: replace(cell / "BUILD.bazel", 'actual = ":second"', 'actual = ":third"'),
    "a new target": lambda cell: append(cell / "BUILD.bazel", 'genrule(name = "new", outs = ["new.out"], cmd = "echo > $@")\n'),
    "the same content, written again": lambda cell: (cell / "input.txt").write_bytes((cell / "input.txt").read_bytes()),
}


def change(workspace: pathlib.Path, count: int, seed: int) -> None:
    chance = random.Random(seed)
    names = sorted(CHANGES)
    # Equal counts of each change, in a seeded order.
    drawn = [names[number % len(names)] for number in range(count)]
    chance.shuffle(drawn)
    for number, name in enumerate(drawn):
        CHANGES[name](workspace / f"gen/c{number:03}")
        print(f"c{number:03} {name}")


class SourceTree:
    """Content digests of source files, of a commit or of the working tree."""

    def __init__(self, workspace: pathlib.Path, commit: str | None):
        self._workspace, self._commit, self._digests = workspace, commit, {}

    def digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = self._read(path)
        return self._digests[path]

    def _read(self, path: str) -> str:
        file = self._workspace / path
        if not path.startswith("gen/"):
            return ""
        if self._commit is None:
            return hashlib.sha256(file.read_bytes()).hexdigest() + str(file.stat().st_mode & 0o100)
        mode = self._git("ls-tree", self._commit, "--", path).split(b" ")[0]
        content = self._git("show", f"{self._commit}:{path}")
        if mode == b"120000":
            return self.digest(str(pathlib.PurePath(path).parent / content.decode()))
        return hashlib.sha256(content).hexdigest() + str(64 if mode == b"100755" else 0)

    def _git(self, *arguments: str) -> bytes:
        return subprocess.run(["git", *arguments], cwd=self._workspace, check=True, capture_output=True).stdout


def closures(graph, state: SourceTree) -> dict[str, str]:
    """Maps each target to a digest of its actions and their transitive inputs."""
    depsets = {depset["id"]: depset for depset in graph._depsets}
    generating_actions = {output: action for action in graph.actions for output in action["outputIds"]}
    artifacts, sets, actions = {}, {}, {}

    def of_artifact(artifact) -> str:
        if artifact not in artifacts:
            generating_action = generating_actions.get(artifact)
            path = graph.path(artifact)
            artifacts[artifact] = path + (of_action(generating_action) if generating_action else state.digest(path))
        return artifacts[artifact]

    def of_set(number) -> str:
        if number not in sets:
            depset = depsets[number]
            parts = [of_artifact(artifact) for artifact in depset.get("directArtifactIds", [])]
            parts += [of_set(other) for other in depset.get("transitiveDepSetIds", [])]
            sets[number] = digest(parts)
        return sets[number]

    def of_action(action) -> str:
        key = id(action)
        if key not in actions:
            actions[key] = digest([action["actionKey"]] + [of_set(number) for number in action.get("inputDepSetIds", [])])
        return actions[key]

    by_target: dict[str, list[str]] = {}
    for action in graph.actions:
        by_target.setdefault(graph.name(action)[0], []).append(of_action(action))
    return {target: digest(sorted(parts)) for target, parts in by_target.items()}


def digest(parts: list[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def expect(before: str, after: str, workspace: pathlib.Path, commit: str) -> None:
    from affected_actions import Graph

    old = closures(Graph(before), SourceTree(workspace, commit))
    for target, value in sorted(closures(Graph(after), SourceTree(workspace, None)).items()):
        if target.startswith("//gen/") and old.get(target) != value:
            print(target)


def main() -> None:
    command, *arguments = sys.argv[1:]
    if command == "create":
        create(pathlib.Path(arguments[0]), int(arguments[1]))
    elif command == "change":
        change(pathlib.Path(arguments[0]), int(arguments[1]), int(arguments[2]))
    else:
        expect(arguments[0], arguments[1], pathlib.Path(arguments[2]), arguments[3])


main()
