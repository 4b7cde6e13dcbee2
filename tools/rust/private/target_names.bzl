"""Names of the targets of a Cargo package."""

def check_unused(name, source):
    """Fails if a target of the package has the name already.

    Args:
        name: name of a target to declare.
        source: what Cargo.toml calls it, such as `program "payments"`.
    """
    other = native.existing_rule(name)
    if other:
        fail(("//{0}:{1}: duplicate target: the {2} has the target name of another crate of the package{3}: rename one of them " +
              "in {0}/Cargo.toml").format(
            native.package_name(),
            name,
            source,
            ", \"{}\"".format(other["crate_root"].removeprefix(":")) if other.get("crate_root") else "",
        ))
