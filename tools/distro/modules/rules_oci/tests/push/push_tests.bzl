"""Analysis tests of oci_push."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//oci:defs.bzl", "oci_push")
load("//tests/private:failure_test.bzl", "fails")

def _runfiles_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    runfiles = [file.basename for file in target[DefaultInfo].default_runfiles.files.to_list()]
    for expected in ctx.attr.expected:
        asserts.true(env, expected in runfiles, "%s not found in the runfiles %s" % (expected, runfiles))
    return analysistest.end(env)

runfiles_test = analysistest.make(
    _runfiles_impl,
    attrs = {"expected": attr.string_list(mandatory = True)},
)

def push_failure_tests(name):
    """Declares a push for each error, and a test of its error.

    Args:
        name: String, prefix of the tests' names.
    """
    fails(
        oci_push,
        name + "_no_image",
        "expected a directory created by a rule, such as oci_image or oci_image_index",
        image = "tags.txt",
        repository = "registry.test/app",
    )
    fails(
        oci_push,
        name + "_two_repositories",
        "conflicting attributes 'repository' and 'repository_file'",
        image = ":image",
        repository = "registry.test/app",
        repository_file = "repository.txt",
    )
    for kind, repository in {
        "digest": "registry.test/app@sha256:" + 64 * "0",
        "tag": "registry.test:5000/app:latest",
    }.items():
        fails(
            oci_push,
            "%s_%s" % (name, kind),
            "invalid attribute 'repository': \"%s\": expected a name without tag or digest" % repository,
            image = ":image",
            repository = repository,
        )
