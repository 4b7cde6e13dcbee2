"""The directories that a Cargo workspace searches for members."""

load(":glob.bzl", "expand_pattern")
load(":toml.bzl", "parse_toml")

def member_directories(module_ctx, cargo_toml):
    """Expands the patterns of `members`, and lists the directories of patches, for attributes of repository rules.

    Bazel fails to fetch a repository after the removal of a directory that its rule listed, unless an attribute changes, too.

    Args:
        module_ctx: the context of an extension.
        cargo_toml: label of the Cargo.toml of the workspace.

    Returns:
        A struct of sorted lists of directories relative to that of `cargo_toml`, in which "" is that directory: `searched`, those that
        patterns search, and `matched`, those that match a pattern, with a Cargo.toml or without, and those of `[patch]`.
    """
    root = module_ctx.path(cargo_toml).dirname
    searched = {}

    def list_directory(directory):
        path = root.get_child(directory) if directory else root
        module_ctx.watch(path)
        if not path.is_dir:
            return []
        searched[directory] = True
        return [it.basename for it in path.readdir(watch = "no") if it.is_dir]

    # The repository rules report errors.
    manifest = parse_toml(module_ctx.read(cargo_toml)).value or {}
    matched = {
        directory: True
        for pattern in manifest.get("workspace", {}).get("members", [])
        for directory in expand_pattern(pattern, list_directory)
    }
    for patches in manifest.get("patch", {}).values():
        matched.update({patch["path"]: True for patch in patches.values() if type(patch) == "dict" and "path" in patch})
    return struct(matched = sorted(matched), searched = sorted(searched))
