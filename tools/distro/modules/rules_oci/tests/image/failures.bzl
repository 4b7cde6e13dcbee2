"""What oci_image refuses before it runs anything."""

load("//oci:defs.bzl", "oci_image")
load("//tests/private:failure_test.bzl", "fails")

_NO_PLATFORM = "an image without a base needs `os` and `architecture`; set both, or set `base`"

def image_failure_tests(name):
    """An image for each error, and a test that it fails with the words that name the attribute.

    Args:
        name: String, the stem of the tests' names.
    """
    fails(oci_image, name + "_nothing", _NO_PLATFORM)
    fails(oci_image, name + "_os_alone", _NO_PLATFORM, os = "linux")
    fails(oci_image, name + "_architecture_alone", _NO_PLATFORM, architecture = "amd64")
    for attribute in ["os", "architecture", "variant"]:
        fails(
            oci_image,
            "%s_base_and_%s" % (name, attribute),
            "`%s` comes from the base; remove it, or remove `base`" % attribute,
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
