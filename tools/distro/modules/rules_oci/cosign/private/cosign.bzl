"""Shared code of the cosign rules."""

load("//oci/private:launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load("//oci/private:tool.bzl", "PUSH_TOOL_ATTRS", "display_label")

COSIGN_ATTRS = {
    "repository": attr.string(
        doc = "String, default none: the repository of the pushed image, as in `ghcr.io/my-team/my-service`, without tag, " +
              "digest or port. If unset, `bazel run` requires `--repository`.",
    ),
} | LAUNCHER_ATTRS | PUSH_TOOL_ATTRS

def cosign_launcher(ctx, verb, options = {}, files = {}):
    """Returns the providers of a cosign rule.

    Args:
        ctx: The context of a rule that has COSIGN_ATTRS.
        verb: String, cosign's subcommand.
        options: Dict of strings, additional options.
        files: Dict of strings to Files, options whose value is a file.

    Returns:
        List of providers.
    """
    _check_repository(ctx)
    return [launcher_info(
        ctx,
        "cosign",
        files = files,
        options = {"repository": ctx.attr.repository, "verb": verb} | options,
    )]

def _check_repository(ctx):
    """Stricter than for a push, as in rules_oci, which treats every colon as the start of a tag."""
    name = ctx.attr.repository
    if "@" in name or ":" in name:
        fail("%s: invalid attribute 'repository': %r: expected no tag, digest or port; pass a repository with a port at run time:\n    bazel run %s -- --repository %s" % (
            display_label(ctx.label),
            name,
            display_label(ctx.label),
            name,
        ))
