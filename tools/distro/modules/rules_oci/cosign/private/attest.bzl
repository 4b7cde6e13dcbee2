"""The rule that attests something of an image."""

load(":cosign.bzl", "COSIGN_ATTRS", "cosign_launcher")

def _cosign_attest_impl(ctx):
    return cosign_launcher(
        ctx,
        "attest",
        files = {"predicate": ctx.file.predicate},
        options = {"type": ctx.attr.type},
    )

cosign_attest = rule(
    implementation = _cosign_attest_impl,
    doc = "Attests something of an image in a registry, by its digest, at `bazel run`. Flags after `--` go to cosign.",
    attrs = {
        "predicate": attr.label(
            doc = "Label of a file, required: what is attested, as an SBOM.",
            allow_single_file = True,
            mandatory = True,
        ),
        "type": attr.string(
            doc = "String, required: the predicate's type by cosign's names. Others are given at run time, as in " +
                  "`-- --type spdxjson`.",
            mandatory = True,
            values = ["slsaprovenance", "link", "spdx", "vuln", "custom"],
        ),
    } | COSIGN_ATTRS,
    executable = True,
)
