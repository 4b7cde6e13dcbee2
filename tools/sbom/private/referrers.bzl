"""The rule that packs SBOMs as OCI artifacts that refer to an image."""

load(":machine.bzl", "MACHINE_ATTRS", "target_machine")

SbomReferrersInfo = provider(
    doc = "OCI artifacts whose subject is an image.",
    fields = {"tag": "A File with the tag to push the index of the artifacts under."},
)

def _sbom_referrers_impl(ctx):
    # The machine is part of the name, because the runfiles of a push contain the layouts of several platforms.
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
    doc = """Writes an OCI layout of artifacts whose `subject` is an image (OCI image specification 1.1): the SBOMs of the image.

```starlark
load("//tools/sbom:defs.bzl", "sbom_referrers")

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

The layout contains an index of the artifacts. Push it under the tag `sha256-<hexadecimal digest of the image>`, which
`SbomReferrersInfo` provides: if a registry has no referrers API, clients read the index with that tag. `push_with_sboms` does so.
""",
    implementation = _sbom_referrers_impl,
    attrs = {
        "sbom": attr.label(
            doc = "The directory of the SBOMs, as `sbom_documents` writes it.",
            allow_single_file = True,
            mandatory = True,
        ),
        "image": attr.label(
            doc = "The OCI layout of the image that the SBOMs describe.",
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
