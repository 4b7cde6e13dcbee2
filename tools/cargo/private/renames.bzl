"""Dependencies with another name than their package's: `rand_old = { package = "rand", version = "0.8" }`."""

load(":toml.bzl", "parse_toml")
load(":versions.bzl", "locked_versions", "version_matches")

def rename_label(rctx, member, dependency, errors):
    """The library of a renamed dependency of a registry.

    Args:
        rctx: the repository context, with the attributes `cargo_lockfile` and `crates`.
        member: the dependent package, with `name` and `version`.
        dependency: see dependencies.bzl.
        errors: list of messages; extended.

    Returns:
        The label of its library; None if that has the dependency's name anyway.
    """
    package = dependency["package"]
    versions = locked_versions(rctx.read(rctx.attr.cargo_lockfile), member["name"], member["version"], package)
    matching = [it for it in versions if version_matches(dependency["version"], it)]
    if len(matching) != 1:
        errors.append((
            "Cargo.lock has {} for dependency \"{}\" of package \"{}\":\n" +
            "    cargo update --workspace"
        ).format(
            "several versions ({})".format(", ".join(matching)) if matching else "no version of \"{}\"".format(package),
            dependency["name"],
            member["name"],
        ))
        return None
    repository = "@@{}__{}-{}".format(rctx.attr.crates.repo_name, package, matching[0].replace("+", "-"))
    manifest = parse_toml(rctx.read(Label(repository + "//:Cargo.toml"))).value
    library = manifest.get("lib", {}).get("name", manifest["package"]["name"]).replace("-", "_")
    return "{}//:{}".format(repository, library) if library != dependency["crate"] else None
