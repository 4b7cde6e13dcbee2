"""The rule that names the repository to push an image to."""

load("@bazel_skylib//rules:common_settings.bzl", "BuildSettingInfo")

def _has_host(repository):
    """Whether the first component is a host: by Docker's reference grammar, one with a dot or a colon, or "localhost"."""
    host, slash, _ = repository.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")

def _push_repository_impl(ctx):
    registry = ctx.attr._registry[BuildSettingInfo].value.removesuffix("/")
    repository = ctx.attr.repository
    if "://" in registry:
        fail("{}: invalid registry {}: expected HOST or HOST/PREFIX, without a scheme, as in:\n    --@thimble//tools/registry=ghcr.io/my-team".format(
            ctx.label,
            repr(registry),
        ))
    if not _has_host(repository):
        # Without a registry the file is empty, and the push fails when it runs.
        repository = "{}/{}".format(registry, repository) if registry else ""
    out = ctx.actions.declare_file(ctx.label.name + ".txt")
    ctx.actions.write(out, repository)
    return [DefaultInfo(files = depset([out]))]

push_repository = rule(
    doc = """Writes a repository name to `<name>.txt`, for the attribute `repository_file` of `oci_push`.

The name is `repository` itself if its first component is a host, otherwise `<registry>/<repository>` with the registry of the flag
`--@thimble//tools/registry`. Without a registry the file is empty, and the push fails. A registry with a scheme is an error.

```starlark
load("//tools/image:defs.bzl", "push_repository")

push_repository(
    name = "repository",
    repository = "team/hello",
)
```
""",
    implementation = _push_repository_impl,
    attrs = {
        "repository": attr.string(
            doc = "Repository without a tag: \"hello\", \"team/hello\" or \"ghcr.io/team/hello\".",
            mandatory = True,
        ),
        "_registry": attr.label(
            default = "//tools/registry",
            providers = [BuildSettingInfo],
        ),
    },
)
