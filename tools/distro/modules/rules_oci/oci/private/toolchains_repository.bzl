"""The repositories of toolchains that MODULE.bazel files name. There is nothing in them to register."""

def toolchains_repositories(name):
    """Gives the repositories' names.

    Args:
        name: String, from `oci.toolchains`.

    Returns:
        List of strings.
    """
    return ["%s_%s_toolchains" % (name, tool) for tool in ["crane", "regctl"]]

def make_toolchains_repositories(name):
    """Makes the repositories.

    Args:
        name: String, from `oci.toolchains`.
    """
    for repository in toolchains_repositories(name):
        _empty_repository(name = repository)

def _empty_repository_impl(rctx):
    rctx.file("BUILD.bazel", "")

_empty_repository = repository_rule(
    implementation = _empty_repository_impl,
    doc = "A repository of one empty package.",
)
