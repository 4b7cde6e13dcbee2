"""Analysis failures of oci_image."""

load("//oci:defs.bzl", "oci_image")
load("//tests/private:failure_test.bzl", "fails")

_NO_PLATFORM = "missing attributes 'os' and 'architecture': expected both for an image without a base; set both, or set 'base'"

def image_failure_tests(name):
    """Declares an image for each error, and a test of its error.

    Args:
        name: String, prefix of the tests' names.
    """
    fails(oci_image, name + "_nothing", _NO_PLATFORM)
    fails(oci_image, name + "_os_alone", _NO_PLATFORM, os = "linux")
    fails(oci_image, name + "_architecture_alone", _NO_PLATFORM, architecture = "amd64")
    for attribute in ["os", "architecture", "variant"]:
        fails(
            oci_image,
            "%s_base_and_%s" % (name, attribute),
            "invalid attribute '%s': \"linux\": the base defines it; remove it, or remove 'base'" % attribute,
            base = ":base",
            **{attribute: "linux"}
        )
    fails(
        oci_image,
        name + "_tars",
        "does not produce any oci_image tars files (expected .tar, .tgz, .tar.gz, .tzst or .tar.zst)",
        base = ":base",
        by_bazel = True,
        tars = ["values/env.txt"],
    )
    fails(
        oci_image,
        name + "_label_of_several_files",
        "must produce a single file",
        base = ":base",
        by_bazel = True,
        env = ":" + name + "_several",
    )
    native.filegroup(
        name = name + "_several",
        srcs = ["values/env.txt", "values/pairs.txt"],
    )
