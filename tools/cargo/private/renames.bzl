"""Renamed dependencies, as in `rand_old = { package = "rand", version = "0.8" }`."""

load(":toml.bzl", "parse_toml")
load(":versions.bzl", "version_matches")

def rename_label(rctx, locked, member, dependency, errors):
    """Finds the library of a renamed dependency from a registry.

    Args:
        rctx: repository context with the attribute `crates`.
        locked: result of `locked_dependencies` for Cargo.lock.
        member: dict of the dependent package, with `name` and `version`.
        dependency: an element of the result of `read_dependencies`.
        errors: list of error messages, which is extended.

    Returns:
        The label of the library, or None if the library already has the name of the dependency, or if the package has none.
    """
    package = dependency["package"]
    dependencies = locked.get("{} {}".format(member["name"], member["version"]), [])
    versions = [it.partition(" ")[2] for it in dependencies if it.startswith(package + " ")]
    matching = [it for it in versions if version_matches(dependency["version"], it)]
    if len(matching) > 1:
        errors.append("package \"{}\": dependency \"{}\": ambiguous version \"{}\": matches {} of Cargo.lock: expected one, as in version = \"={}\"".format(
            member["name"],
            dependency["name"],
            dependency["version"],
            ", ".join(matching),
            matching[-1],
        ))
        return None
    if not matching:
        errors.append("package \"{}\": dependency \"{}\": package \"{}\" is not in Cargo.lock:\n    cargo update --workspace".format(
            member["name"],
            dependency["name"],
            package,
        ))
        return None
    repository = "@@{}__{}-{}".format(rctx.attr.crates.repo_name, package, matching[0].replace("+", "-"))
    file = rctx.path(Label(repository + "//:Cargo.toml"))
    manifest = parse_toml(rctx.read(file)).value
    if "lib" not in manifest and not file.dirname.get_child("src/lib.rs").exists:
        return None
    library = manifest.get("lib", {}).get("name", manifest["package"]["name"]).replace("-", "_")
    return "{}//:{}".format(repository, library) if library != dependency["crate"] else None
