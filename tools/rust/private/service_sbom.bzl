"""What a service's image is made of: its bills, and the crate list in its program."""

load("//tools/sbom:defs.bzl", "sbom_bills", "sbom_test")
load(":release.bzl", "release")

def service_sbom(name, crate_list, base, deps, visibility):
    """The bills of the service `name`.

    Targets created: `sbom`, `sbom_test`, the file `crate_list`, and the private `sbom_bills`.

    Args:
        name: the service, the target of its program in the release profile, and its crate.
        crate_list: name of the file with the crate list, which `service_crate` adds to the program.
        base: label of the OCI layout that the image stands on.
        deps: `deps` of the program.
        visibility: of the targets.
    """
    sbom_bills(
        name = "sbom_bills",
        base = base,
        crate = name,
        crate_list = crate_list,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = deps,
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
