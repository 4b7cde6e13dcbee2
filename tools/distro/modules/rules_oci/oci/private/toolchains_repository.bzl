"""Empty repositories for `register_toolchains` in MODULE.bazel files."""

def toolchains_repository_names(name):
    """Returns the names of the repositories.

    Args:
        name: String, from `oci.toolchains`.

    Returns:
        List of strings.
    """
    return ["%s_%s_toolchains" % (name, tool) for tool in ["crane", "regctl"]]

def create_toolchains_repositories(name):
    """Creates the repositories.

    Args:
        name: String, from `oci.toolchains`.
    """
    for repository in toolchains_repository_names(name):
        _empty_repository(name = repository)

def _empty_repository_impl(rctx):
    rctx.file("BUILD.bazel", "")

_empty_repository = repository_rule(
    implementation = _empty_repository_impl,
    doc = "A repository of one empty package.",
)
