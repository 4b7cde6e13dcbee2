"""Tests of the functions of oci.pull."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//oci/private:base_config.bzl", "base_settings", "find_difference")
load("//oci/private:image_name.bzl", "is_digest")
load("//oci/private:mirrors.bzl", "find_mirror")
load("//tests/private:failure_test.bzl", "failure_test")

def _digests_impl(ctx):
    env = unittest.begin(ctx)
    asserts.true(env, is_digest("sha256:" + 8 * "01234abf"))
    for text in ["", 64 * "0", "sha256:123", "sha256:" + 64 * "A", "sha512:" + 64 * "0", "sha256:sha256:" + 57 * "0"]:
        asserts.false(env, is_digest(text), text)
    return unittest.end(env)

_digests_test = unittest.make(_digests_impl)

def _composed_images_impl(ctx):
    env = unittest.begin(ctx)
    for kind, platform, tag, expected in [
        ("busybox", "linux/amd64", "latest", None),
        ("static", "linux/arm64/v8", "", None),
        ("static", "linux/amd64", "nonroot", None),
        ("busybox", "linux/amd64", "1.36.1", None),
        ("busybox", "linux/amd64", "1.36.1-musl", "tag \"1.36.1-musl\" cannot be composed"),
        ("busybox", "linux/amd64", "nonroot", "tag \"nonroot\" cannot be composed: expected latest or a version; set a mirror"),
        ("static", "linux/amd64", "debug", "tag \"debug\" cannot be composed: expected latest, nonroot or a version; set a mirror"),
        ("static", "", "", "set the attribute `platforms`"),
        ("static", "linux/arm64", "", "platform linux/arm64 not found: the image has linux/arm64/v8"),
    ]:
        found = find_difference("registry.test/app", kind, platform, tag)
        asserts.true(env, expected in found if expected and found else expected == found, "%r" % found)
    asserts.equals(env, "0", base_settings("static", "latest")["user"])
    asserts.equals(env, "65532", base_settings("static", "nonroot")["user"])
    asserts.equals(env, "/home/nonroot", base_settings("static", "nonroot")["workdir"])
    return unittest.end(env)

_composed_images_test = unittest.make(_composed_images_impl)

def pull_test_suite(name):
    """Declares a test of each function.

    Args:
        name: String, prefix of the tests' names.
    """
    _digests_test(name = name + "_digests_test")
    _composed_images_test(name = name + "_composed_images_test")

def _mirror_impl(ctx):
    find_mirror("docker.io/library/busybox", ctx.attr.setting)

_mirror = rule(
    implementation = _mirror_impl,
    attrs = {"setting": attr.string(mandatory = True)},
)

def mirror_failure_test(name, setting):
    """Checks that a mirror is rejected.

    Args:
        name: String, the target.
        setting: String, the value of THIMBLE_OCI_MIRRORS.
    """
    _mirror(
        name = name,
        setting = setting,
        tags = ["manual"],
    )
    failure_test(
        name = name + "_fails_test",
        by_bazel = True,
        message = "expected NAME=HOST[:PORT][/PATH] without a scheme",
        target_under_test = name,
    )
