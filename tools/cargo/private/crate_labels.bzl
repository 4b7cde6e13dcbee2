"""The targets that crate_universe generates for the dependencies of workspace members."""

load(":versions.bzl", "version_matches")

def _key(crate):
    """Returns `<package>-<version>` as in names of repositories."""
    return crate.replace("+", "-")

def read_crate_labels(text, repository):
    """Reads the labels in a file of crate_universe, which has no function that returns them by Rust target.

    Args:
        text: content of the `.bzl` file with the dependencies of members.
        repository: canonical name of the repository that `crate.from_cargo` generates.

    Returns:
        A dict from `<package>-<version>`, with `-` instead of `+`, to a struct with `label` and `group`, the attribute "deps" or "proc_macro_deps". None if the
        file has another format.
    """
    if "\n_NORMAL_DEPENDENCIES = {" not in text:
        return None
    prefix = ": Label(\"@" + repository.rpartition("+")[2].rpartition("~")[2]
    labels = {}
    group = None
    for line in text.splitlines():
        if line.startswith("_"):
            name = line.partition(" ")[0]
            group = None
            if name.endswith("_DEPENDENCIES"):
                group = "proc_macro_deps" if "PROC_MACRO" in name else "deps"
        elif group and prefix in line:
            # `__hex-0.4.3//:hex`, or in rules_rust 0.73 `//hex-0.4.3`.
            path = line.partition(prefix)[2].partition("\"")[0]
            labels[_key(path.lstrip("_/").partition("//")[0])] = struct(group = group, label = "@@" + repository + path)
    return labels

def find_crate(labels, locked, member, dependency, errors):
    """Finds the target of a dependency that is not a member.

    Args:
        labels: result of `read_crate_labels`.
        locked: result of `locked_dependencies` for Cargo.lock.
        member: dict of the dependent package, with `name` and `version`.
        dependency: an element of the result of `read_dependencies`.
        errors: list of error messages, which is extended.

    Returns:
        An element of `labels`, or None for a package without a library.
    """
    package = dependency["package"]
    dependencies = locked.get("{} {}".format(member["name"], member["version"]), [])
    versions = [it.partition(" ")[2] for it in dependencies if it.startswith(package + " ")]
    matching = [it for it in versions if len(versions) == 1 or version_matches(dependency["version"], it)]
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
    return labels.get(_key("{}-{}".format(package, matching[0])))
