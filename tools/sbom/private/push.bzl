"""An image index and its SBOMs, pushed in one go."""

load("//platforms:transition.bzl", "each_image_platform")
load(":referrers.bzl", "SbomReferrersInfo")

def _push_with_sboms_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    files = [
        _beside(ctx, "index", _launcher(ctx.attr.index)),
        _beside(ctx, "repository", ctx.file.repository),
    ]
    runfiles = [ctx.attr.index[DefaultInfo].default_runfiles]

    # In the runfiles a path does not name the platform: launchers and tags are there under names that do.
    sboms = ctx.split_attr.sboms or {}
    for architecture, push in sboms.items():
        tag = ctx.split_attr.referrers[architecture][SbomReferrersInfo].tag
        files.append(_beside(ctx, architecture, _launcher(push)))
        files.append(_beside(ctx, architecture + ".tag", tag))
        runfiles.append(push[DefaultInfo].default_runfiles)
    ctx.actions.expand_template(
        is_executable = True,
        output = script,
        substitutions = {
            "{{architectures}}": " ".join(sorted(sboms.keys())),
            "{{flag}}": _displayed(Label("//tools/registry")),
            "{{target}}": "'{}'".format(_displayed(ctx.label)),
        },
        template = ctx.file._template,
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles([script] + files).merge_all(runfiles))]

# As it is typed in the root module.
def _displayed(label):
    text = str(label)
    return text.removeprefix("@@") if text.startswith("@@//") else text

def _launcher(push):
    return push[DefaultInfo].files_to_run.executable

def _beside(ctx, name, file):
    link = ctx.actions.declare_file("{}.{}".format(ctx.label.name, name))
    ctx.actions.symlink(output = link, target_file = file)
    return link

push_with_sboms = rule(
    doc = """Pushes an image index at `bazel run`, then attaches the SBOMs of each image platform to its image in the index.

The flags of `oci_push` go after `--`; those that are about one image (`--tag`, `--digest-file`, `--json`, `--image-refs`) reach
the index alone, all others, `--repository` among them, both. The last line on standard output is the index's reference. It
fails as soon as one push does, and without a repository before the first.

```starlark
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
            doc = "The `sbom_referrers`, of the image of whatever platform it is built for; default: none.",
            cfg = each_image_platform,
            providers = [SbomReferrersInfo],
        ),
        "repository": attr.label(
            doc = "The file that the pushes have as `repository_file`.",
            allow_single_file = True,
            mandatory = True,
        ),
        "sboms": attr.label(
            doc = "The `oci_push` of `referrers`; default: no SBOMs.",
            cfg = each_image_platform,
        ),
        "_template": attr.label(
            allow_single_file = True,
            default = ":push.sh.tpl",
        ),
    },
    executable = True,
)
