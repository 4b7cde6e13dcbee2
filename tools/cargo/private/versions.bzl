"""Which version of Cargo.lock a requirement of Cargo.toml means.

Format: https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html#version-requirement-syntax.
"""

def _numbers(version):
    core = version.split("+")[0].split("-")[0]
    return [int(part) for part in core.split(".") if part.isdigit()]

def _comparator_matches(comparator, version):
    operator = comparator[:len(comparator) - len(comparator.lstrip("^~=<>"))]
    wanted = _numbers(comparator.lstrip("^~=<> "))
    found = _numbers(version)
    padded = (wanted + [0, 0, 0])[:3]
    if operator == "=" or "*" in comparator:
        return found[:len(wanted)] == wanted
    if operator == "<":
        return found < padded
    if operator == "<=":
        return found[:len(wanted)] <= wanted
    if operator == ">":
        return found[:len(wanted)] > wanted
    if operator == ">=":
        return found >= padded
    if operator == "~":
        fixed = wanted[:2]
    else:
        # Compatible: the leftmost part that is not zero stays.
        fixed = wanted[:1]
        for length in range(1, len(wanted) + 1):
            fixed = wanted[:length]
            if wanted[length - 1] != 0:
                break
    return found >= padded and found[:len(fixed)] == fixed

def version_matches(requirement, version):
    """Whether a version satisfies a requirement.

    Args:
        requirement: as in `1`, `~1.2`, `>=1.2, <2` or `0.8.*`; "" for any.
        version: as in `1.2.3`.

    Returns:
        A bool.
    """
    return all([_comparator_matches(part.strip(), version) for part in requirement.split(",") if part.strip()])

def locked_versions(lock, name, version, dependency):
    """The versions of a dependency that Cargo.lock has for a package.

    Args:
        lock: the text of a Cargo.lock.
        name: the dependent package.
        version: its version.
        dependency: the package that it depends on.

    Returns:
        A list of versions; empty if the lock has none.
    """
    all_versions = []
    of_package = None
    for entry in lock.split("[[package]]\n")[1:]:
        lines = entry.split("\n")
        fields = [line.partition(" = ")[2].strip("\"") for line in lines[:2]]
        if fields[0] == dependency:
            all_versions.append(fields[1])
        if fields == [name, version]:
            of_package = [line.strip(" \",").split(" ") for line in lines if line.startswith(" \"")]
    named = [words for words in of_package or [] if words[0] == dependency]
    return [words[1] for words in named if len(words) > 1] or (all_versions if named else [])
