"""An image index and its bills, pushed in one go."""

load("//platforms:transition.bzl", "each_image_platform")
load(":referrers.bzl", "SbomReferrersInfo")

def _push_with_bills_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    files = [_beside(ctx, "index", _launcher(ctx.attr.index))]
    runfiles = [ctx.attr.index[DefaultInfo].default_runfiles]

    # Among the runfiles a file's path doesn't tell the platform: launchers and tags are there under names that do.
    for architecture, bills in ctx.split_attr.bills.items():
        tag = ctx.split_attr.referrers[architecture][SbomReferrersInfo].tag
        files.append(_beside(ctx, architecture, _launcher(bills)))
        files.append(_beside(ctx, architecture + ".tag", tag))
        runfiles.append(bills[DefaultInfo].default_runfiles)
    ctx.actions.expand_template(
        is_executable = True,
        output = script,
        substitutions = {
            "{{architectures}}": " ".join(sorted(ctx.split_attr.bills.keys())),
            "{{target}}": "'{}'".format(str(ctx.label).removeprefix("@@")),
        },
        template = ctx.file._template,
    )
    return [DefaultInfo(executable = script, runfiles = ctx.runfiles([script] + files).merge_all(runfiles))]

def _launcher(push):
    return push[DefaultInfo].files_to_run.executable

def _beside(ctx, name, file):
    link = ctx.actions.declare_file("{}.{}".format(ctx.label.name, name))
    ctx.actions.symlink(output = link, target_file = file)
    return link

push_with_bills = rule(
    doc = """Pushes an image index at `bazel run`, then attaches the bills of each image platform to its image in the index.

The flags of `oci_push` go after `--`; those that are about one image (`--tag`, `--digest-file`, `--json`, `--image-refs`) reach
the index alone, all others, `--repository` among them, both. The last line on standard output is the index's reference. It
fails as soon as one push does.

```starlark
push_with_bills(
    name = "push",
    bills = ":push_bills",
    index = ":push_index",
    referrers = ":sbom_referrers",
)
```
""",
    implementation = _push_with_bills_impl,
    attrs = {
        "bills": attr.label(
            doc = "The `oci_push` of `referrers`.",
            cfg = each_image_platform,
            mandatory = True,
        ),
        "index": attr.label(
            doc = "The `oci_push` of the image index.",
            mandatory = True,
        ),
        "referrers": attr.label(
            doc = "The `sbom_referrers`, of the image of whatever platform it is built for.",
            cfg = each_image_platform,
            mandatory = True,
            providers = [SbomReferrersInfo],
        ),
        "_template": attr.label(
            allow_single_file = True,
            default = ":push.sh.tpl",
        ),
    },
    executable = True,
)
