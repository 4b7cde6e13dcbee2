"""The bills as artifacts that refer to an image."""

def _sbom_referrers_impl(ctx):
    layout = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add("referrers")
    args.add_all("--image", [ctx.file.image], expand_directories = False)
    args.add_all("--bills", [ctx.file.bills], expand_directories = False)
    args.add_all("--output", [layout], expand_directories = False)
    args.add("--tag", ctx.outputs.tag)
    ctx.actions.run(
        executable = ctx.executable._sbom,
        arguments = [args],
        inputs = depset([ctx.file.image, ctx.file.bills]),
        mnemonic = "SbomReferrers",
        outputs = [layout, ctx.outputs.tag],
        progress_message = "Assembling %{label}",
    )
    return [DefaultInfo(files = depset([layout]), runfiles = ctx.runfiles([layout]))]

sbom_referrers = rule(
    doc = """An OCI layout of artifacts whose `subject` is an image (OCI 1.1): its bills, for `oci_push` to push.

```starlark
sbom_referrers(
    name = "sbom_referrers",
    bills = ":sbom",
    image = ":image",
    tag = "sbom_referrers.tag.txt",
)

oci_push(
    name = "push_sbom",
    image = ":sbom_referrers",
    remote_tags = "sbom_referrers.tag.txt",
    repository = "ghcr.io/my-team/my-service",
)
```

The layout is an index of the artifacts, and the tag `sha256-<hex of the image's digest>`: where a registry has no referrers API,
clients look under that tag for just such an index.
""",
    implementation = _sbom_referrers_impl,
    attrs = {
        "bills": attr.label(
            doc = "The folder of the bills.",
            allow_single_file = True,
            mandatory = True,
        ),
        "image": attr.label(
            doc = "The OCI layout that they are about.",
            allow_single_file = True,
            mandatory = True,
        ),
        "tag": attr.output(
            doc = "Name of the file with the tag to push under.",
            mandatory = True,
        ),
        "_sbom": attr.label(
            default = "//tools/sbom",
            cfg = "exec",
            executable = True,
        ),
    },
)
