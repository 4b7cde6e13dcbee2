"""Rules that sign and attest images in a registry with cosign.

```starlark
load("@rules_oci//cosign:defs.bzl", "cosign_attest", "cosign_sign")

cosign_sign(
    name = "sign",
    image = ":image",
    repository = "ghcr.io/my-team/my-service",
)

cosign_attest(
    name = "attest",
    image = ":image",
    predicate = "sbom.spdx.json",
    repository = "ghcr.io/my-team/my-service",
    type = "spdx",
)
```

Push the image first. Flags after `--` are passed to cosign, as in `bazel run :sign -- --key cosign.key`, except
`--repository`, which overrides the repository. cosign must be on PATH.
"""

load("//cosign/private:attest.bzl", _cosign_attest = "cosign_attest")
load("//cosign/private:sign.bzl", _cosign_sign = "cosign_sign")

cosign_attest = _cosign_attest
cosign_sign = _cosign_sign
