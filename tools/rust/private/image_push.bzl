"""The macro that pushes an image index with its SBOMs."""

load("@rules_oci//oci:defs.bzl", "oci_push_rule")
load("//tools/image:defs.bzl", "push_repository")
load("//tools/sbom:defs.bzl", "push_with_sboms", "sbom_referrers")
load(":short_names.bzl", "short_names")

def image_push(name, image, repository = None, sbom = None, visibility = ["//visibility:public"]):
    """Declares the push of an image of `rust_image`.

    ```starlark
    load("//tools/rust:defs.bzl", "image_push")

    image_push(
        name = "proxy.push",
        image = "proxy",
    )
    ```

    Targets created:

    * `<name>`: `bazel run` pushes the image index with the tag `latest` and, with `--config=release`, the commit and the version; then
      it attaches the SBOMs to each image as OCI 1.1 referrers. Flags of `oci_push` follow `--`.
    * `push`: a short name of `<image>.push`, if the directory of the package is named like `image`
    * private targets of the index, the repository and the referrers

    Args:
        name: name of the push; `<image>.push` by convention.
        image: `name` of the `rust_image`.
        repository: repository without a tag. If its first component is not a host, as in "team/hello", it is relative to the registry
            of the flag `--@thimble//tools/registry`. Default: `image`.
        sbom: label of the SBOMs, as `<name>.sbom` of `rust_service`. Default: no SBOMs are attached.
        visibility: visibility of the push. Default: public.
    """
    push_repository(
        name = name + "_repository",
        repository = repository or image,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    oci_push_rule(
        name = name + "_index",
        image = image + ".image_index",
        remote_tags = Label("//tools/image:remote_tags"),
        repository_file = name + "_repository",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    if sbom:
        # `push_with_sboms` builds these two targets for each platform.
        sbom_referrers(
            name = name + "_referrers",
            sbom = sbom,
            image = image + ".image",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        oci_push_rule(
            name = name + "_sboms",
            image = name + "_referrers",
            repository_file = name + "_repository",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
    push_with_sboms(
        name = name,
        index = name + "_index",
        referrers = name + "_referrers" if sbom else None,
        repository = name + "_repository",
        sboms = name + "_sboms" if sbom else None,
        visibility = visibility,
    )
    if name == image + ".push":
        short_names(image, ["push"], visibility = visibility)
