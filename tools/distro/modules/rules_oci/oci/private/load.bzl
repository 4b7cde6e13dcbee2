"""The rule that loads an image into a container engine."""

load(":launcher.bzl", "LAUNCHER_ATTRS", "launcher_info")
load(":layouts.bzl", "layout_inputs")
load(":providers.bzl", "OciLayoutInfo")
load(":tool.bzl", "TOOL_ATTRS", "display_label", "run_tool")

_DOC = """Loads an image into a container engine at `bazel run`, and prints each tag, the digest and the size.
Layers that docker or podman already has are not sent.

The engine is `loader`, or else the first of docker, podman and nerdctl on PATH that responds. The output group `tarball` contains the
archive for the engine, `<name>/tarball.tar`.
"""

def _oci_load_impl(ctx):
    _check_format(ctx)
    return [
        launcher_info(
            ctx,
            "load",
            files = {"tags": ctx.file.repo_tags},
            options = {"format": ctx.attr.format},
            program = "loader",
        ),
        OutputGroupInfo(tarball = depset([_tarball(ctx)])),
    ]

def _check_format(ctx):
    """Checks layouts of this module's rules; the tool checks others."""
    if OciLayoutInfo not in ctx.attr.image:
        return
    is_index = ctx.attr.image[OciLayoutInfo].is_index
    expected = "oci" if is_index else "docker"
    if ctx.attr.format != expected:
        fail("%s: invalid attribute 'format': %r: 'image' is %s: expected %r" % (
            display_label(ctx.label),
            ctx.attr.format,
            "an image index" if is_index else "an image",
            expected,
        ))

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

oci_load = rule(
    implementation = _oci_load_impl,
    doc = _DOC,
    attrs = {
        "format": attr.string(
            doc = "String, `docker` (default) for an image, or `oci` for an image index.",
            default = "docker",
            values = ["docker", "oci"],
        ),
        "loader": attr.label(
            doc = "Label of an executable, default none: called with `load --input FILE` instead of an engine on PATH.",
            allow_files = True,
            cfg = "target",
            executable = True,
        ),
        "repo_tags": attr.label(
            doc = "Label of a `.txt` file of names with tags as in `app:latest`, one per line, required. It may be empty for " +
                  "an image, not for an image index.",
            allow_single_file = [".txt"],
            mandatory = True,
        ),
    } | LAUNCHER_ATTRS | TOOL_ATTRS,
    executable = True,
)
