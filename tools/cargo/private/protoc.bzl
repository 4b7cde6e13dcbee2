"""Build scripts that run protoc."""

# Packages that run the program in the environment variable PROTOC.
_PROTOC_USERS = ["prost-build", "protobuf-codegen", "tonic-build", "tonic-prost-build"]

def _locked(member, kind, locked):
    """Returns the dependencies of a kind of a member as `name version`."""
    names = [dependency["package"] for dependency in member["dependencies"] if dependency["kind"] == kind]
    return [
        package
        for package in locked.get("{} {}".format(member["name"], member["version"]), [])
        if package.partition(" ")[0] in names
    ]

def uses_protoc(member, members, locked):
    """Reports whether the build script of a package runs protoc, itself or in one of its transitive dependencies.

    Args:
        member: dict with `name`, `version` and `dependencies`, a result of `read_dependencies`.
        members: dict from a path to such a dict.
        locked: result of `locked_dependencies` for Cargo.lock.

    Returns:
        A bool.
    """
    local = {"{} {}".format(it["name"], it["version"]): it for it in members.values()}
    packages = _locked(member, "build", locked)
    seen = {}
    for _ in range(len(locked) + 1):
        seen.update({package: True for package in packages})
        packages = [
            dependency
            for package in packages
            for dependency in (_locked(local[package], "normal", locked) if package in local else locked.get(package, []))
            if dependency not in seen
        ]
    return bool([package for package in seen if package.partition(" ")[0] in _PROTOC_USERS])
