"""The push of an image index, with its SBOMs."""

load("@rules_oci//oci:defs.bzl", "oci_push_rule")
load("//tools/image:defs.bzl", "push_repository")
load("//tools/sbom:defs.bzl", "push_with_sboms", "sbom_referrers")
load(":short_names.bzl", "short_names")

def image_push(name, image, repository = None, sbom = None, visibility = ["//visibility:public"]):
    """The push of the image of `rust_image`.

    ```starlark
    load("//tools/rust:defs.bzl", "image_push")

    image_push(
        name = "proxy.push",
        image = "proxy",
    )
    ```

    Targets created:

    * `<name>`: `bazel run` sends the image index to a registry, as `latest`, with `--config=release` also as the
      commit and the version; then it attaches the SBOMs of each image by OCI 1.1 referrers. Flags of `oci_push` go after `--`.
    * private ones behind it
    * `push`, a short name of `<image>.push`, if the package's directory is named as `image`

    Args:
        name: the push; `<image>.push` by convention.
        image: `name` of the `rust_image`.
        repository: the repository, without tag. If its first part is no host, as in "team/hello", the registry is that of
            `--@thimble//tools/registry`; default `image`.
        sbom: label of the SBOMs, as `rust_service` makes them; default: none is attached.
        visibility: of the push.
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
        # These two once for each platform, by `push`.
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
