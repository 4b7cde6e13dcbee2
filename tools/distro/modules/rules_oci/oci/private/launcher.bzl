"""The script of executable targets, which locates the tool and its files."""

load(":layouts.bzl", "layout_runfiles")
load(":tool.bzl", "display_label", "get_tool")

LAUNCHER_ATTRS = {
    "image": attr.label(
        doc = "Label of an OCI layout directory of one image or image index, required.",
        allow_single_file = True,
        mandatory = True,
    ),
    "_launcher": attr.label(
        allow_single_file = True,
        default = Label("//oci/private:launcher.sh.tpl"),
    ),
}

def launcher_info(ctx, command, options = {}, files = {}, program = None):
    """Writes the script that runs a subcommand of the tool on an image.

    Args:
        ctx: The context of a rule with LAUNCHER_ATTRS and the attributes of a tool.
        command: String, the tool's subcommand.
        options: Dict of strings, options to values; empty values are omitted.
        files: Dict of strings to Files, options whose value is a file; None is omitted.
        program: String, default none: name of an attribute with an optional executable, and of its option.

    Returns:
        DefaultInfo of the script, with its runfiles.
    """
    others = layout_runfiles(ctx.attr.image) + [get_tool(ctx).default_runfiles]
    files = {"image": ctx.file.image} | files
    if program and getattr(ctx.attr, program):
        files[program] = getattr(ctx.executable, program)
        others.append(getattr(ctx.attr, program)[DefaultInfo].default_runfiles)
    files = {name: file for name, file in files.items() if file}
    lines = ["arguments+=(%s %s)" % (_quote("--" + name), _quote(value)) for name, value in options.items() if value]
    for name, file in files.items():
        lines.append("file %s %s" % (_quote("--" + name), _quote(rlocation_path(ctx, file))))
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.expand_template(
        is_executable = True,
        output = script,
        substitutions = {
            "{{arguments}}": "\n".join(["  " + line for line in lines]),
            "{{command}}": _quote(command),
            "{{target}}": _quote(display_label(ctx.label)),
            "{{tool}}": _quote(rlocation_path(ctx, get_tool(ctx).files_to_run.executable)),
        },
        template = ctx.file._launcher,
    )
    return DefaultInfo(executable = script, runfiles = ctx.runfiles(files = files.values()).merge_all(others))

def rlocation_path(ctx, file):
    """Returns the runfiles path of a file.

    Args:
        ctx: The context of a rule.
        file: File.

    Returns:
        String.
    """
    path = file.short_path
    return path[3:] if path.startswith("../") else ctx.workspace_name + "/" + path

def _quote(text):
    return "'%s'" % text.replace("'", "'\\''")
