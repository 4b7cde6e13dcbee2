"""The rule that attaches an attestation to an image."""

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
    doc = "Attaches an attestation to an image in a registry, by digest, at `bazel run`. Flags after `--` are passed to cosign.",
    attrs = {
        "predicate": attr.label(
            doc = "Label of a file, required: the predicate, such as an SBOM.",
            allow_single_file = True,
            mandatory = True,
        ),
        "type": attr.string(
            doc = "String, required: cosign's name of the predicate's type. Pass other types at run time, as in " +
                  "`-- --type spdxjson`.",
            mandatory = True,
            values = ["slsaprovenance", "link", "spdx", "vuln", "custom"],
        ),
    } | COSIGN_ATTRS,
    executable = True,
)
