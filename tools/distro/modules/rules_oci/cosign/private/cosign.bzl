"""What the rules around cosign have in common."""

load("//oci/private:launcher.bzl", "LAUNCHER_ATTRS", "declare_launcher")
load("//oci/private:layouts.bzl", "layout_runfiles")
load("//oci/private:repository_name.bzl", "check_repository")
load("//oci/private:tool.bzl", "PUSH_TOOL_ATTRS")

COSIGN_ATTRS = {
    "cosign": attr.label(
        doc = "Label of an executable, default none: cosign, in place of the one on PATH.",
        allow_files = True,
        cfg = "target",
        executable = True,
    ),
    "image": attr.label(
        doc = "Label of an OCI layout directory of one image or image index, required: what was pushed.",
        allow_single_file = True,
        mandatory = True,
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
    executable, runfiles = declare_launcher(
        ctx,
        "cosign",
        files = {"cosign": ctx.executable.cosign, "image": ctx.file.image} | files,
        options = {"repository": ctx.attr.repository, "verb": verb} | options,
    )
    others = layout_runfiles(ctx.attr.image)
    if ctx.attr.cosign:
        others.append(ctx.attr.cosign[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = executable, runfiles = runfiles.merge_all(others))]
