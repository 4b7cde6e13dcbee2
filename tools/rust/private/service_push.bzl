"""What gives a service's image index and its bills to a registry."""

load("@rules_oci//oci:defs.bzl", "oci_push_rule")
load("//tools/sbom:defs.bzl", "push_with_bills", "sbom_referrers")

# buildifier: disable=unnamed-macro
def service_push(repository, visibility):
    """The push of a service.

    Targets created: `push`, and the private `push_index`, `push_bills` and `sbom_referrers`.

    Args:
        repository: where the image index and the bills are sent.
        visibility: of `push`.
    """
    oci_push_rule(
        name = "push_index",
        image = "image_index",
        remote_tags = "image.remote_tags.txt",
        repository = repository,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    # These two once for each platform, by `push`.
    sbom_referrers(
        name = "sbom_referrers",
        bills = "sbom",
        image = "image",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    oci_push_rule(
        name = "push_bills",
        image = "sbom_referrers",
        repository = repository,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    push_with_bills(
        name = "push",
        bills = "push_bills",
        index = "push_index",
        referrers = "sbom_referrers",
        visibility = visibility,
    )
