"""What targets that `bazel run` starts have in common: a script that finds the tool and its files."""

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
    """Writes the script that runs a command of the tool on an image.

    Args:
        ctx: The context of a rule that has LAUNCHER_ATTRS, and a tool's.
        command: String, the tool's subcommand.
        options: Dict of strings: options and their values; those without a value are left out.
        files: Dict of strings and Files: options whose value is a file; those without one are left out.
        program: String, default none: an attribute that may name an executable, and the option that hands it over.

    Returns:
        DefaultInfo, of the script with what it runs and reads.
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
    """Gives the path of a file among the runfiles.

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
