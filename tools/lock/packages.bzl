"""Reads Cargo.lock and compares two states of it.

Format: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html.
"""

def conflict_marker(text):
    """Finds what a merge leaves in a file with conflicts.

    Args:
        text: content of a Cargo.lock.

    Returns:
        A struct with `line` and `text` of the first marker, or None.
    """
    for number, line in enumerate(text.splitlines()):
        if line.startswith("<<<<<<< ") or line == "=======" or line.startswith(">>>>>>> "):
            return struct(line = number + 1, text = line)
    return None

def _unquoted(text):
    return text.strip(" ,").strip("\"")

def parse_packages(text):
    """Reads `[[package]]`.

    Args:
        text: content of a Cargo.lock, as cargo writes it.

    Returns:
        A dict from a crate's name to a dict from its versions to structs with `dependencies`, a list of strings
        `name`, `name version` or `name version (source)`, and `origin`, its source and checksum.
    """
    packages = {}
    name, version, origin, dependencies = None, None, [], None
    for line in text.splitlines() + ["[end]"]:
        if line.startswith("["):
            if name:
                packages.setdefault(name, {})[version] = struct(dependencies = dependencies or [], origin = origin)
            name, version, origin, dependencies = None, None, [], None
        elif line.startswith("name = "):
            name = _unquoted(line.removeprefix("name = "))
        elif line.startswith("version = "):
            version = _unquoted(line.removeprefix("version = "))
        elif line.startswith("source = ") or line.startswith("checksum = "):
            origin.append(line)
        elif line.startswith("dependencies = "):
            dependencies = []
        elif line.startswith(" \""):
            dependencies.append(_unquoted(line))
    return packages

def locked_dependencies(text):
    """Lists what each package depends on.

    Args:
        text: content of a Cargo.lock.

    Returns:
        A dict from `name version` to a list of `name version`.
    """
    packages = parse_packages(text)
    return {
        "{} {}".format(name, version): _dependencies(package, packages, [])
        for name, versions in packages.items()
        for version, package in versions.items()
    }

def _dependencies(package, packages, moved):
    """Returns the dependencies of a package as `name version`, without the version where the crate itself is a difference."""
    result = []
    for dependency in package.dependencies:
        words = dependency.split(" ")
        name = words[0]
        versions = packages.get(name, {}).keys()
        version = words[1] if len(words) > 1 else versions[0] if len(versions) == 1 else ""
        result.append(name if name in moved else "{} {}".format(name, version).strip())
    return result

def _without(items, others):
    return [item for item in items if item not in others]

def _dependency_changes(before, after):
    return ", ".join(
        ["no longer depends on " + item for item in _without(before, after)] +
        ["now depends on " + item for item in _without(after, before)],
    )

def describe_changes(before, after):
    """Lists what differs between two states of Cargo.lock.

    Args:
        before: content of a Cargo.lock.
        after: content of another.

    Returns:
        A list of strings, one for each crate that differs, sorted by its name.
    """
    old, new = parse_packages(before), parse_packages(after)
    names = sorted(old | new)
    moved = [name for name in names if sorted(old.get(name, {})) != sorted(new.get(name, {}))]
    changes = []
    for name in names:
        was, becomes = sorted(old.get(name, {})), sorted(new.get(name, {}))
        if not was:
            changes.append("{} {}: added".format(name, ", ".join(becomes)))
        elif not becomes:
            changes.append("{} {}: removed".format(name, ", ".join(was)))
        elif was != becomes:
            changes.append("{} {}: now {}".format(name, ", ".join(was), ", ".join(becomes)))
        for version in was:
            if version not in becomes:
                continue
            change = _dependency_changes(
                _dependencies(old[name][version], old, moved),
                _dependencies(new[name][version], new, moved),
            )
            if old[name][version].origin != new[name][version].origin:
                change = ", ".join([part for part in [change, "another source or checksum"] if part])
            if change:
                changes.append("{} {}: {}".format(name, version, change))
    return changes or ["its format, and no crate"]
