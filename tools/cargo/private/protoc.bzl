"""Build scripts that run protoc."""

# Build dependencies that run the program in the environment variable PROTOC.
_PROTOC_USERS = ["prost-build", "protobuf-codegen", "tonic-build", "tonic-prost-build"]

def uses_protoc(member, members):
    """Reports whether the build script of a package runs protoc, itself or in a library of the workspace.

    Args:
        member: dict with `dependencies`, a result of `read_dependencies`.
        members: dict from a path to such a dict.

    Returns:
        A bool.
    """
    dependencies = [it for it in member["dependencies"] if it["kind"] == "build"]
    seen = {}
    for _ in range(len(members) + 1):
        if [it for it in dependencies if it["package"] in _PROTOC_USERS]:
            return True
        paths = {it["path"]: True for it in dependencies if it["path"] in members and it["path"] not in seen}
        seen.update(paths)
        dependencies = [it for path in paths for it in members[path]["dependencies"] if it["kind"] == "normal"]
    return False
