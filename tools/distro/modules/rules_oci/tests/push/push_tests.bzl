"""Analysis tests of oci_push."""

load("@bazel_skylib//lib:unittest.bzl", "analysistest", "asserts")
load("//oci:defs.bzl", "oci_push")
load("//tests/private:failure_test.bzl", "failure_test")

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
    _fails(name + "_nowhere", "neither `repository` nor `repository_file` is set")
    _fails(
        name + "_two_repositories",
        "`repository` and `repository_file` are both set",
        repository = "registry.test/app",
        repository_file = "repository.txt",
    )
    for kind, repository in {
        "digest": "registry.test/app@sha256:" + 64 * "0",
        "tag": "registry.test:5000/app:latest",
    }.items():
        _fails(
            "%s_%s" % (name, kind),
            "`repository` = \"%s\" has a tag or a digest; remove it from there" % repository,
            repository = repository,
        )

def _fails(name, message, **kwargs):
    oci_push(
        name = name,
        image = ":image",
        tags = ["manual"],
        **kwargs
    )
    failure_test(
        name = name + "_fails_test",
        message = message,
        target_under_test = name,
    )
