"""What the rules around cosign have in common."""

load("//oci/private:launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load("//oci/private:tool.bzl", "PUSH_TOOL_ATTRS", "display_label")

COSIGN_ATTRS = {
    "repository": attr.string(
        doc = "String, default none: the repository it was pushed to, as in `ghcr.io/my-team/my-service`, without tag, " +
              "digest or port. Without it `bazel run` needs `--repository`.",
    ),
} | LAUNCHER_ATTRS | PUSH_TOOL_ATTRS

def cosign_launcher(ctx, verb, options = {}, files = {}):
    """Gives what a rule around cosign returns.

    Args:
        ctx: The context of a rule that has COSIGN_ATTRS.
        verb: String, cosign's command.
        options: Dict of strings, options of its own.
        files: Dict of strings and Files, options whose value is a file.

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
    """Stricter than that of a push: rules_oci takes every colon for a tag's."""
    name = ctx.attr.repository
    if "@" in name or ":" in name:
        fail("%s: `repository` = %r has a tag, a digest or a port; remove the first two, give one with a port at run time:\n    bazel run %s -- --repository %s" % (
            display_label(ctx.label),
            name,
            display_label(ctx.label),
            name,
        ))
