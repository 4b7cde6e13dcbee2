"""The module extension that provides base images.

```starlark
oci = use_extension("@rules_oci//oci:extensions.bzl", "oci")
oci.pull(
    name = "distroless_static",
    digest = "sha256:...",
    image = "gcr.io/distroless/static-debian12",
    platforms = ["linux/amd64"],
)
use_repo(oci, "distroless_static", "distroless_static_linux_amd64")
```
"""

load("//oci/private:extension.bzl", _oci = "oci")

oci = _oci
