"""The SBOMs of a service's image and the crate list in its program."""

load("//tools/sbom:defs.bzl", "sbom_documents", "sbom_test")
load(":cargo_package.bzl", "cargo_package")
load(":cargo_workspace.bzl", "cargo_workspace")
load(":release.bzl", "release")
load(":short_names.bzl", "short_names", "short_test_names")

def image_sbom(name, binary, crate_list, base, deps, visibility):
    """Declares the SBOMs of a service and their test.

    Targets created: `<name>.sbom` (a directory with `sbom.cdx.json` and `sbom.spdx.json`), `<name>.sbom_test`, their short names, the
    file `crate_list`, and the private `<name>.sbom_documents`.

    Args:
        name: name of the service.
        binary: label of the program in the release profile.
        crate_list: name of the output file with the crate list, which `service_crate` adds to the program.
        base: label of the OCI layout of the image's base.
        deps: `deps` of the program.
        visibility: visibility of the SBOMs.
    """
    package = cargo_package()
    workspace = cargo_workspace()
    sbom_documents(
        name = name + ".sbom_documents",
        base = base,
        cargo_lock = workspace.cargo_lock,
        crate_list = crate_list,
        license = package["env"]["CARGO_PKG_LICENSE"],
        package = package["name"],
        tags = ["manual"],
        version = package["version"],
        visibility = ["//visibility:private"],
        deps = deps,
    )
    release(
        name = name + ".sbom",
        actual = name + ".sbom_documents",
        visibility = visibility,
    )
    sbom_test(
        name = name + ".sbom_test",
        sbom = name + ".sbom",
        binary = binary,
        policy = workspace.license_policy,
    )
    short_names(name, ["sbom"], visibility = visibility)
    short_test_names(name, ["sbom_test"])
