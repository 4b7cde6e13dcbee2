"""Version requirements of Cargo.toml.

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
