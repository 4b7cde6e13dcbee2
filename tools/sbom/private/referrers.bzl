"""The SBOMs as artifacts that refer to an image."""

load(":machine.bzl", "MACHINE_ATTRS", "target_machine")

SbomReferrersInfo = provider(
    doc = "Artifacts that refer to an image.",
    fields = {"tag": "File with the tag to push them under."},
)

def _sbom_referrers_impl(ctx):
    # Those of several platforms can be among the same runfiles.
    layout = ctx.actions.declare_directory("{}.{}".format(ctx.label.name, target_machine(ctx)))
    tag = ctx.actions.declare_file(layout.basename + ".tag")
    args = ctx.actions.args()
    args.add("referrers")
    args.add_all("--image", [ctx.file.image], expand_directories = False)
    args.add_all("--sbom", [ctx.file.sbom], expand_directories = False)
    args.add_all("--output", [layout], expand_directories = False)
    args.add("--tag", tag)
    ctx.actions.run(
        executable = ctx.executable._sbom,
        arguments = [args],
        inputs = depset([ctx.file.image, ctx.file.sbom]),
        mnemonic = "SbomReferrers",
        outputs = [layout, tag],
        progress_message = "Assembling %{label}",
    )
    return [
        DefaultInfo(files = depset([layout]), runfiles = ctx.runfiles([layout])),
        SbomReferrersInfo(tag = tag),
    ]

sbom_referrers = rule(
    doc = """An OCI layout of artifacts whose `subject` is an image (OCI 1.1): its SBOMs, for `oci_push` to push.

```starlark
sbom_referrers(
    name = "sbom_referrers",
    sbom = ":sbom",
    image = ":image",
)

oci_push(
    name = "push_sboms",
    image = ":sbom_referrers",
    repository = "ghcr.io/my-team/my-service",
)
```

The layout is an index of the artifacts, to be pushed under the tag `sha256-<hex of the image's digest>`, which
`SbomReferrersInfo` has: where a registry has no referrers API, clients look under that tag for just such an index.
`push_with_sboms` does it.
""",
    implementation = _sbom_referrers_impl,
    attrs = {
        "sbom": attr.label(
            doc = "The directory of the SBOMs.",
            allow_single_file = True,
            mandatory = True,
        ),
        "image": attr.label(
            doc = "The OCI layout that they are about.",
            allow_single_file = True,
            mandatory = True,
        ),
        "_sbom": attr.label(
            default = "//tools/sbom",
            cfg = "exec",
            executable = True,
        ),
    } | MACHINE_ATTRS,
)
