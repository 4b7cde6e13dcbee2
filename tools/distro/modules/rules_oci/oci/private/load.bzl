"""The rule that hands an image to a container engine."""

load(":layouts.bzl", "layout_inputs", "layout_runfiles")
load(":tool.bzl", "TOOL_ATTRS", "display_label", "get_tool", "run_tool")

_DOC = """Loads an image into a container engine at `bazel run`, and prints each tag, the digest and the size.

The engine is `loader`, else the first of docker, podman and nerdctl on PATH. The output group `tarball` holds the
archive that the engine gets, as the file `<name>/tarball.tar`.
"""

def _oci_load_impl(ctx):
    executable = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.expand_template(
        is_executable = True,
        output = executable,
        substitutions = {
            "{{format}}": ctx.attr.format,
            "{{image}}": _rlocation_path(ctx, ctx.file.image),
            "{{loader}}": _rlocation_path(ctx, ctx.executable.loader),
            "{{tags}}": _rlocation_path(ctx, ctx.file.repo_tags),
            "{{target}}": display_label(ctx.label),
            "{{tool}}": _rlocation_path(ctx, get_tool(ctx).files_to_run.executable),
        },
        template = ctx.file._template,
    )
    runfiles = ctx.runfiles(files = [ctx.file.image] + ctx.files.repo_tags).merge_all(
        layout_runfiles(ctx.attr.image) + [get_tool(ctx).default_runfiles],
    )
    if ctx.attr.loader:
        runfiles = runfiles.merge(ctx.attr.loader[DefaultInfo].default_runfiles)
    return [
        DefaultInfo(executable = executable, runfiles = runfiles),
        OutputGroupInfo(tarball = depset([_tarball(ctx)])),
    ]

def _tarball(ctx):
    output = ctx.actions.declare_file(ctx.label.name + "/tarball.tar")
    args = ctx.actions.args()
    args.add_all("--image", [ctx.file.image], expand_directories = False)
    args.add("--format", ctx.attr.format)
    args.add_all("--tags", ctx.files.repo_tags)
    args.add("--output", output)
    run_tool(
        ctx,
        "tarball",
        args,
        inputs = depset(
            ctx.files.repo_tags,
            transitive = [layout_inputs(ctx.file.image, ctx.attr.image)],
        ),
        mnemonic = "OCITarball",
        outputs = [output],
        progress_message = "Writing archive %{output}",
    )
    return output

def _rlocation_path(ctx, file):
    if not file:
        return ""
    path = file.short_path
    return path[3:] if path.startswith("../") else ctx.workspace_name + "/" + path

oci_tarball_rule = rule(
    implementation = _oci_load_impl,
    doc = _DOC,
    attrs = {
        "format": attr.string(
            doc = "String, `docker` (default) for an image, or `oci`, which an image index needs.",
            default = "docker",
            values = ["docker", "oci"],
        ),
        "image": attr.label(
            doc = "Label of an OCI layout directory of one image or image index, required.",
            allow_single_file = True,
            mandatory = True,
        ),
        "loader": attr.label(
            doc = "Label of an executable, default none: called with `load --input FILE` in place of an engine on PATH.",
            cfg = "target",
            executable = True,
        ),
        "repo_tags": attr.label(
            doc = "Label of a file of tags as in `app:latest`, one a line, default none. An error if a line has no tag.",
            allow_single_file = True,
        ),
        "_template": attr.label(
            allow_single_file = True,
            default = Label("//oci/private:load.sh.tpl"),
        ),
    } | TOOL_ATTRS,
    executable = True,
)
