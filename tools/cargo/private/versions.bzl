"""Version requirements of Cargo.toml.

Source: https://doc.rust-lang.org/cargo/reference/specifying-dependencies.html#version-requirement-syntax.
"""

def _numbers(version):
    core = version.split("+")[0].split("-")[0]
    return [int(part) for part in core.split(".") if part.isdigit()]

def _comparator_matches(comparator, version):
    operator = comparator[:len(comparator) - len(comparator.lstrip("^~=<>"))]
    required = _numbers(comparator.lstrip("^~=<> "))
    found = _numbers(version)
    padded = (required + [0, 0, 0])[:3]
    if operator == "=" or "*" in comparator:
        return found[:len(required)] == required
    if operator == "<":
        return found < padded
    if operator == "<=":
        return found[:len(required)] <= required
    if operator == ">":
        return found[:len(required)] > required
    if operator == ">=":
        return found >= padded
    if operator == "~":
        fixed = required[:2]
    else:
        # A compatible version has the same leftmost part that is not zero.
        fixed = required[:1]
        for length in range(1, len(required) + 1):
            fixed = required[:length]
            if required[length - 1] != 0:
                break
    return found >= padded and found[:len(fixed)] == fixed

def version_matches(requirement, version):
    """Reports whether a version satisfies a requirement.

    Args:
        requirement: version requirement, as in `1`, `~1.2`, `>=1.2, <2` or `0.8.*`; "" matches every version.
        version: version, as in `1.2.3`.

    Returns:
        A bool.
    """
    return all([_comparator_matches(part.strip(), version) for part in requirement.split(",") if part.strip()])
