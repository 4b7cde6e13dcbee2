"""Dependencies with another name than their package's: `rand_old = { package = "rand", version = "0.8" }`."""

load(":toml.bzl", "parse_toml")
load(":versions.bzl", "version_matches")

def rename_label(rctx, locked, member, dependency, errors):
    """The library of a renamed dependency of a registry.

    Args:
        rctx: the repository context, with the attribute `crates`.
        locked: what `locked_dependencies` returns for Cargo.lock.
        member: the dependent package, with `name` and `version`.
        dependency: see dependencies.bzl.
        errors: list of messages; extended.

    Returns:
        The label of its library; None if that has the dependency's name anyway.
    """
    package = dependency["package"]
    dependencies = locked.get("{} {}".format(member["name"], member["version"]), [])
    versions = [it.partition(" ")[2] for it in dependencies if it.startswith(package + " ")]
    matching = [it for it in versions if version_matches(dependency["version"], it)]
    if len(matching) > 1:
        errors.append("package \"{}\": dependency \"{}\" with version \"{}\" may be any of {}; narrow it, as in version = \"={}\"".format(
            member["name"],
            dependency["name"],
            dependency["version"],
            ", ".join(matching),
            matching[-1],
        ))
        return None
    if not matching:
        errors.append("package \"{}\": Cargo.lock has no \"{}\" for dependency \"{}\":\n    cargo update --workspace".format(
            member["name"],
            package,
            dependency["name"],
        ))
        return None
    repository = "@@{}__{}-{}".format(rctx.attr.crates.repo_name, package, matching[0].replace("+", "-"))
    manifest = parse_toml(rctx.read(Label(repository + "//:Cargo.toml"))).value
    library = manifest.get("lib", {}).get("name", manifest["package"]["name"]).replace("-", "_")
    return "{}//:{}".format(repository, library) if library != dependency["crate"] else None
