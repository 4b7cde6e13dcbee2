"""Tests of the functions of oci.pull."""

load("@bazel_skylib//lib:unittest.bzl", "asserts", "unittest")
load("//oci/private:image_name.bzl", "is_digest")

def _digests_impl(ctx):
    env = unittest.begin(ctx)
    asserts.true(env, is_digest("sha256:" + 8 * "01234abf"))
    for text in ["", 64 * "0", "sha256:123", "sha256:" + 64 * "A", "sha512:" + 64 * "0", "sha256:sha256:" + 57 * "0"]:
        asserts.false(env, is_digest(text), text)
    return unittest.end(env)

_digests_test = unittest.make(_digests_impl)

def pull_test_suite(name):
    """Declares a test of each function.

    Args:
        name: String, prefix of the tests' names.
    """
    _digests_test(name = name + "_digests_test")
