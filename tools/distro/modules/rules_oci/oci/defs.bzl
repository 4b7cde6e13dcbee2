"""Rules that assemble OCI images, load them into container engines and push them to registries.

```starlark
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_load")

oci_image(
    name = "image",
    base = "@distroless_static",
    entrypoint = ["/app"],
    tars = [":layer"],
)

oci_load(
    name = "load",
    image = ":image",
    repo_tags = ["app:latest"],
)
```
"""

load("//oci/private:image.bzl", _oci_image_rule = "oci_image")
load("//oci/private:image_macro.bzl", _oci_image = "oci_image")
load("//oci/private:index.bzl", _oci_image_index_rule = "oci_image_index")
load("//oci/private:index_macro.bzl", _oci_image_index = "oci_image_index")
load("//oci/private:load.bzl", _oci_tarball_rule = "oci_load")
load("//oci/private:load_macro.bzl", _oci_load = "oci_load")
load("//oci/private:push.bzl", _oci_push_rule = "oci_push")
load("//oci/private:push_macro.bzl", _oci_push = "oci_push")

oci_image = _oci_image
oci_image_rule = _oci_image_rule
oci_image_index = _oci_image_index
oci_image_index_rule = _oci_image_index_rule
oci_load = _oci_load
oci_tarball_rule = _oci_tarball_rule
oci_push = _oci_push
oci_push_rule = _oci_push_rule
