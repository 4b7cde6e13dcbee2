"""The directories that a Cargo workspace searches for members."""

load(":glob.bzl", "expand_pattern")
load(":toml.bzl", "parse_toml")

def globbed_directories(module_ctx, cargo_toml):
    """Lists the directories that the patterns of `members` search, for attributes of repository rules that list them.

    Bazel fails to fetch a repository after the removal of a directory that its rule listed, unless an attribute changes, too.

    Args:
        module_ctx: the context of an extension.
        cargo_toml: label of the Cargo.toml of the workspace.

    Returns:
        A sorted list of directories relative to that of `cargo_toml`; "" is that directory.
    """
    root = module_ctx.path(cargo_toml).dirname
    found = {}

    def list_directory(directory):
        path = root.get_child(directory) if directory else root
        module_ctx.watch(path)
        if not path.is_dir:
            return []
        found[directory] = True
        return [it.basename for it in path.readdir(watch = "no") if it.is_dir]

    # The repository rules report errors.
    manifest = parse_toml(module_ctx.read(cargo_toml)).value or {}
    for pattern in manifest.get("workspace", {}).get("members", []):
        expand_pattern(pattern, list_directory)
    return sorted(found)
