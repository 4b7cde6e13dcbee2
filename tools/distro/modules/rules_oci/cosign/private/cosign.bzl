"""What the rules around cosign have in common."""

load("//oci/private:launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load("//oci/private:repository_name.bzl", "check_repository")
load("//oci/private:tool.bzl", "PUSH_TOOL_ATTRS")

COSIGN_ATTRS = {
    "cosign": attr.label(
        doc = "Label of an executable, default none: cosign, in place of the one on PATH.",
        allow_files = True,
        cfg = "target",
        executable = True,
    ),
    "repository": attr.string(
        doc = "String, required: the repository it was pushed to, as in `ghcr.io/my-team/my-service`, without tag or digest.",
        mandatory = True,
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
    check_repository(ctx)
    return [launcher_info(
        ctx,
        "cosign",
        files = files,
        options = {"repository": ctx.attr.repository, "verb": verb} | options,
        program = "cosign",
    )]
