"""The rule that pushes an image index with its SBOMs."""

load("//platforms:transition.bzl", "each_image_platform")
load(":referrers.bzl", "SbomReferrersInfo")

def _push_with_sboms_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    files = [
        _symlink(ctx, "index", _launcher(ctx.attr.index)),
        _symlink(ctx, "repository", ctx.file.repository),
    ]
    runfiles = [ctx.attr.index[DefaultInfo].default_runfiles]

    # Symlinks with the architecture in their names, because outputs of two configurations have the same path in the runfiles.
    sboms = ctx.split_attr.sboms or {}
    for architecture, push in sboms.items():
        tag = ctx.split_attr.referrers[architecture][SbomReferrersInfo].tag
        files.append(_symlink(ctx, architecture, _launcher(push)))
        files.append(_symlink(ctx, architecture + ".tag", tag))
        runfiles.append(push[DefaultInfo].default_runfiles)
    ctx.actions.expand_template(
        is_executable = True,
        output = script,
        substitutions = {
            "{{architectures}}": " ".join(sorted(sboms.keys())),
            "{{flag}}": _display_label(Label("//tools/registry")),
            "{{target}}": "'{}'".format(_display_label(ctx.label)),
        },
        template = ctx.file._template,
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles([script] + files).merge_all(runfiles))]

# The label as the command line of the root module accepts it.
def _display_label(label):
    text = str(label)
    return text.removeprefix("@@") if text.startswith("@@//") else text

def _launcher(push):
    return push[DefaultInfo].files_to_run.executable

def _symlink(ctx, name, file):
    link = ctx.actions.declare_file("{}.{}".format(ctx.label.name, name))
    ctx.actions.symlink(output = link, target_file = file)
    return link

push_with_sboms = rule(
    doc = """Pushes an image index with `bazel run`, then attaches the SBOMs of each platform to its image in the index.

Flags of `oci_push` follow `--`. `--tag`, `--digest-file`, `--json` and `--image-refs` apply to the index only, other flags, such as
`--repository`, to all pushes. The last line of standard output is the reference of the index. The first push that fails ends the
program. Without a repository it fails before the first push.

```starlark
load("//tools/sbom:defs.bzl", "push_with_sboms")

push_with_sboms(
    name = "push",
    index = ":push_index",
    referrers = ":sbom_referrers",
    repository = ":push_repository",
    sboms = ":push_sboms",
)
```
""",
    implementation = _push_with_sboms_impl,
    attrs = {
        "index": attr.label(
            doc = "The `oci_push` of the image index.",
            mandatory = True,
        ),
        "referrers": attr.label(
            doc = "The `sbom_referrers` of the image, which is built for each platform. Default: none.",
            cfg = each_image_platform,
            providers = [SbomReferrersInfo],
        ),
        "repository": attr.label(
            doc = "The file with the repository, `repository_file` of the pushes. An empty file names no repository.",
            allow_single_file = True,
            mandatory = True,
        ),
        "sboms": attr.label(
            doc = "The `oci_push` of `referrers`, which is built for each platform. Default: no SBOMs are attached.",
            cfg = each_image_platform,
        ),
        "_template": attr.label(
            allow_single_file = True,
            default = ":push.sh.tpl",
        ),
    },
    executable = True,
)
