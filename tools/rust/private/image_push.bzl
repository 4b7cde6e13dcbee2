"""The push of an image index, with its SBOMs."""

load("@rules_oci//oci:defs.bzl", "oci_push_rule")
load("//tools/image:defs.bzl", "push_repository")
load("//tools/sbom:defs.bzl", "push_with_sboms", "sbom_referrers")
load(":short_names.bzl", "short_names")

def image_push(name, repository = None, sbom = None, visibility = ["//visibility:public"]):
    """The push of the image of `rust_image`.

    ```starlark
    load("//tools/rust:defs.bzl", "image_push")

    image_push(name = "proxy")
    ```

    Targets created:

    * `<name>.push` (short name `push`): `bazel run` sends the image index to a registry, as `latest`, with `--config=release` also as the
      commit and the version; then it attaches the SBOMs of each image by OCI 1.1 referrers. Flags of `oci_push` go after `--`.
    * private ones behind it

    Args:
        name: the image.
        repository: the repository, without tag. If its first part is no host, as in "team/hello", the registry is that of
            `--@thimble//tools/registry`; default `name`.
        sbom: label of the SBOMs, as `rust_service` makes them; default: none is attached.
        visibility: of `<name>.push`.
    """
    push_repository(
        name = name + ".push_repository",
        repository = repository or name,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    oci_push_rule(
        name = name + ".push_index",
        image = name + ".image_index",
        remote_tags = Label("//tools/image:remote_tags"),
        repository_file = name + ".push_repository",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    if sbom:
        # These two once for each platform, by `push`.
        sbom_referrers(
            name = name + ".sbom_referrers",
            bills = sbom,
            image = name + ".image",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        oci_push_rule(
            name = name + ".push_sboms",
            image = name + ".sbom_referrers",
            repository_file = name + ".push_repository",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
    push_with_sboms(
        name = name + ".push",
        index = name + ".push_index",
        referrers = name + ".sbom_referrers" if sbom else None,
        repository = name + ".push_repository",
        sboms = name + ".push_sboms" if sbom else None,
        visibility = visibility,
    )
    short_names(name, ["push"], visibility = visibility)
