"""The repository that an image is pushed to."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")

def _has_host(repository):
    """As Docker's reference grammar has it: the first part of a name is a host if it has a dot or a colon, or is localhost."""
    host, slash, _ = repository.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")

def _push_repository_impl(ctx):
    registry = ctx.attr._registry[BuildSettingInfo].value.removesuffix("/")
    repository = ctx.attr.repository
    if "://" in registry:
        fail("invalid registry \"{}\": expected HOST or HOST/PREFIX, without a scheme, as in:\n    --//tools/registry=ghcr.io/my-team".format(registry))
    if not _has_host(repository):
        # Without a registry `push` fails when it runs, and says how to name one.
        repository = "{}/{}".format(registry, repository) if registry else ""
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, repository)
    return [DefaultInfo(files = depset([out]))]

push_repository = rule(
    doc = """Writes the repository for `repository_file` of `oci_push`: `repository` below the registry of
`--@thimble//tools/registry`, or `repository` itself if its first part is a host.""",
    implementation = _push_repository_impl,
    attrs = {
        "repository": attr.string(
            doc = "A repository, as in \"hello\", \"team/hello\" or \"ghcr.io/team/hello\".",
            mandatory = True,
        ),
        "_registry": attr.label(
            default = "//tools/registry",
            providers = [BuildSettingInfo],
        ),
    },
)
