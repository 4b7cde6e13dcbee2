"""Prints the actions that Bazel runs again after a change, one `TARGET MNEMONIC` per line.

Usage: affected_actions.py BEFORE AFTER [CHANGED_FILE...]

BEFORE and AFTER are outputs of `bazel aquery --output=jsonproto`; the files are sources that differ between them.
An action is affected if its key is new, or if it transitively reads a changed file. Bazel itself runs fewer actions where an
output is unchanged.
"""

import collections
import json
import pathlib
import sys


class Graph:
    """The actions of one `aquery`."""

    def __init__(self, file):
        dump = json.loads(pathlib.Path(file).read_text())
        self.actions = dump["actions"]
        self._targets = {target["id"]: target["label"] for target in dump["targets"]}
        self._fragments = {fragment["id"]: fragment for fragment in dump["pathFragments"]}
        self._artifacts = {artifact["id"]: artifact["pathFragmentId"] for artifact in dump["artifacts"]}
        self._depsets = dump.get("depSetOfFiles", [])

    def path(self, artifact):
        parts, fragment = [], self._artifacts[artifact]
        while fragment:
            parts.append(self._fragments[fragment]["label"])
            fragment = self._fragments[fragment].get("parentId")
        return "/".join(reversed(parts))

    def name(self, action):
        return self._targets[action["targetId"]].lstrip("@"), action["mnemonic"]

    def keys(self):
        return {(self.path(output), action["actionKey"]) for action in self.actions for output in action["outputIds"]}

    def readers(self):
        """Maps each file, file set and action to its consumers."""
        edges = collections.defaultdict(list)
        for depset in self._depsets:
            for artifact in depset.get("directArtifactIds", []):
                edges["file", artifact].append(("set", depset["id"]))
            for other in depset.get("transitiveDepSetIds", []):
                edges["set", other].append(("set", depset["id"]))
        for number, action in enumerate(self.actions):
            for depset in action.get("inputDepSetIds", []):
                edges["set", depset].append(("action", number))
            edges["action", number] = [("file", output) for output in action["outputIds"]]
        return edges

    def affected(self, before, changed_files):
        known = before.keys()
        paths = {self.path(artifact): artifact for artifact in self._artifacts}
        for file in changed_files:
            if file not in paths:
                sys.exit(f'error: no action reads "{file}"')
        pending = [("file", paths[file]) for file in changed_files]
        pending += [
            ("action", number)
            for number, action in enumerate(self.actions)
            if any((self.path(output), action["actionKey"]) not in known for output in action["outputIds"])
        ]
        edges, seen = self.readers(), set(pending)
        while pending:
            for reader in edges[pending.pop()]:
                if reader not in seen:
                    seen.add(reader)
                    pending.append(reader)
        return {self.name(self.actions[number]) for kind, number in seen if kind == "action"}


def main():
    before, after, *changed_files = sys.argv[1:]
    for label, mnemonic in sorted(Graph(after).affected(Graph(before), changed_files)):
        print(label, mnemonic)


if __name__ == "__main__":
    main()
