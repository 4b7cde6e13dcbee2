"""What a service's image is made of: its bills, the crate list in its program, and what attaches the bills to the image."""

load("@crates//:defs.bzl", "all_crate_deps")
load("@rules_oci//oci:defs.bzl", "oci_push")
load("//tools/sbom:defs.bzl", "sbom_bills", "sbom_referrers", "sbom_test")
load(":release.bzl", "release")

def service_sbom(name, crate_list, base, repository, visibility):
    """The bills of the service `name`.

    Targets created: `sbom`, `sbom_test`, `push_sbom`, the file `crate_list`, and the private ones behind them.

    Args:
        name: the service, the target of its program in the release profile, and its crate.
        crate_list: name of the object file that `service_crate` links into the program.
        base: label of the OCI layout that the image stands on.
        repository: where the image is pushed; None makes no `push_sbom`.
        visibility: of the targets.
    """
    sbom_bills(
        name = "sbom_bills",
        base = base,
        crate = name,
        object = crate_list,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = [name + "_lib"] + all_crate_deps(normal = True),
    )

    release(
        name = "sbom",
        actual = "sbom_bills",
        visibility = visibility,
    )

    sbom_test(
        name = "sbom_test",
        bills = "sbom",
        binary = name,
    )

    if repository:
        sbom_referrers(
            name = "sbom_referrers",
            bills = "sbom",
            image = "image",
            tag = "sbom_referrers.tag.txt",
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )

        oci_push(
            name = "push_sbom",
            image = "sbom_referrers",
            remote_tags = "sbom_referrers.tag.txt",
            repository = repository,
            visibility = visibility,
        )
