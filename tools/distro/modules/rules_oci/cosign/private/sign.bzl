"""The rule that signs an image."""

load(":cosign.bzl", "COSIGN_ATTRS", "cosign_launcher")

def _cosign_sign_impl(ctx):
    return cosign_launcher(ctx, "sign")

cosign_sign = rule(
    implementation = _cosign_sign_impl,
    doc = "Signs an image in a registry, by digest, at `bazel run`. Flags after `--` are passed to cosign.",
    attrs = COSIGN_ATTRS,
    executable = True,
)
