"""Reads Cargo.lock and compares two versions of it.

Source: https://doc.rust-lang.org/cargo/guide/cargo-toml-vs-cargo-lock.html.
"""

def conflict_marker(text):
    """Finds the first conflict marker of git.

    Args:
        text: content of a Cargo.lock.

    Returns:
        A struct with `line`, a number from 1, and `text` of the marker, or None.
    """
    for number, line in enumerate(text.splitlines()):
        if line.startswith("<<<<<<< ") or line == "=======" or line.startswith(">>>>>>> "):
            return struct(line = number + 1, text = line)
    return None

def _unquoted(text):
    return text.strip(" ,").strip("\"")

def parse_packages(text, header = "[[package]]"):
    """Reads the tables of packages.

    Args:
        text: content of a Cargo.lock, as cargo writes it.
        header: the line before each table. Default: that of packages in use.

    Returns:
        A dict from the name of a crate to a dict from a version to a struct with `dependencies`, a list of strings `name`,
        `name version` or `name version (source)`, and `origin`, the list of the lines of its source and checksum.
    """
    packages = {}
    table, name, version, origin, dependencies = None, None, None, [], None
    for line in text.splitlines() + ["[end]"]:
        if line.startswith("["):
            if name and table == header:
                packages.setdefault(name, {})[version] = struct(dependencies = dependencies or [], origin = origin)
            table, name, version, origin, dependencies = line, None, None, [], None
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

def unused_patches(text):
    """Lists the packages of `[patch]` that replace none.

    Args:
        text: content of a Cargo.lock.

    Returns:
        A list of strings `name version`.
    """
    packages = parse_packages(text, header = "[[patch.unused]]")
    return ["{} {}".format(name, version) for name, versions in packages.items() for version in versions]

def locked_dependencies(text):
    """Lists the dependencies of each package.

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

def _dependencies(package, packages, changed_crates):
    """Returns the dependencies of a package as `name version`, or as `name` for a crate whose own versions changed."""
    result = []
    for dependency in package.dependencies:
        fields = dependency.split(" ")
        name = fields[0]
        versions = packages.get(name, {}).keys()
        version = fields[1] if len(fields) > 1 else versions[0] if len(versions) == 1 else ""
        result.append(name if name in changed_crates else "{} {}".format(name, version).strip())
    return result

def _without(items, others):
    return [item for item in items if item not in others]

def _dependency_changes(before, after):
    return ", ".join(
        ["no longer depends on " + item for item in _without(before, after)] +
        ["now depends on " + item for item in _without(after, before)],
    )

def describe_changes(before, after):
    """Lists the differences between two versions of Cargo.lock.

    Args:
        before: content of the old Cargo.lock.
        after: content of the new Cargo.lock.

    Returns:
        A list of strings, one for each crate that changed, sorted by name.
    """
    old, new = parse_packages(before), parse_packages(after)
    names = sorted(old | new)
    changed_crates = [name for name in names if sorted(old.get(name, {})) != sorted(new.get(name, {}))]
    changes = []
    for name in names:
        old_versions, new_versions = sorted(old.get(name, {})), sorted(new.get(name, {}))
        if not old_versions:
            changes.append("{} {}: added".format(name, ", ".join(new_versions)))
        elif not new_versions:
            changes.append("{} {}: removed".format(name, ", ".join(old_versions)))
        elif old_versions != new_versions:
            changes.append("{} {}: now {}".format(name, ", ".join(old_versions), ", ".join(new_versions)))
        for version in old_versions:
            if version not in new_versions:
                continue
            change = _dependency_changes(
                _dependencies(old[name][version], old, changed_crates),
                _dependencies(new[name][version], new, changed_crates),
            )
            if old[name][version].origin != new[name][version].origin:
                change = ", ".join([part for part in [change, "source or checksum changed"] if part])
            if change:
                changes.append("{} {}: {}".format(name, version, change))
    old_patches, new_patches = unused_patches(before), unused_patches(after)
    changes.extend([patch + ": now an unused patch" for patch in _without(new_patches, old_patches)])
    changes.extend([patch + ": no longer an unused patch" for patch in _without(old_patches, new_patches)])
    return changes or ["only the format changed"]
