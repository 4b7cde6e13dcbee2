"""Analysis tests of oci_push."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//oci:defs.bzl", "oci_push")
load("//tests/private:failure_test.bzl", "fails")

def _runfiles_impl(ctx):
    env = analysistest.begin(ctx)
    target = analysistest.target_under_test(env)
    runfiles = [file.basename for file in target[DefaultInfo].default_runfiles.files.to_list()]
    for wanted in ctx.attr.wanted:
        asserts.true(env, wanted in runfiles, "%s is not among the runfiles %s" % (wanted, runfiles))
    return analysistest.end(env)

runfiles_test = analysistest.make(
    _runfiles_impl,
    attrs = {"wanted": attr.string_list(mandatory = True)},
)

def push_failure_tests(name):
    """A push for each error, and a test that it fails with the words that name the attribute.

    Args:
        name: String, the stem of the tests' names.
    """
    fails(
        oci_push,
        name + "_no_image",
        "is not a directory that a rule made; give an oci_image or an oci_image_index",
        image = "tags.txt",
        repository = "registry.test/app",
    )
    fails(
        oci_push,
        name + "_two_repositories",
        "`repository` and `repository_file` are both set",
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
            "`repository` = \"%s\" has a tag or a digest; remove it from there" % repository,
            image = ":image",
            repository = repository,
        )
