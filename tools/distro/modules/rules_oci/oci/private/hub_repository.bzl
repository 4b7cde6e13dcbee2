"""The repository with the image's name, which selects the repository of the target platform."""

load(":image_name.bzl", "PLATFORM_CPUS")

_BUILD = """{head}

package(default_visibility = ["//visibility:public"])

alias(
    name = {name},
    actual = {actual},
)

{digest}
"""

_DIGEST_FILE = """filegroup(
    name = "digest",
    srcs = [{file}],
)"""

_COMPUTED_DIGEST = """oci_digest(
    name = "digest",
    out = "digest.txt",
    image = {name},
    tags = ["manual"],
)"""

def _hub_repository_impl(rctx):
    name = repr(rctx.attr.target_name)
    if rctx.attr.digest:
        rctx.file("digest.txt", rctx.attr.digest)
    if rctx.attr.digest or rctx.attr.digest_target:
        head, digest = "", _DIGEST_FILE.format(file = repr(rctx.attr.digest_target or "digest.txt"))
    else:
        head = 'load("%s", "oci_digest")' % Label("//oci/private:digest.bzl")
        digest = _COMPUTED_DIGEST.format(name = name)
    rctx.file("BUILD.bazel", _BUILD.format(
        actual = repr(rctx.attr.single) if rctx.attr.single else _select(rctx),
        digest = digest,
        head = head,
        name = name,
    ))

def _select(rctx):
    # The last platform with a CPU takes precedence.
    choices = {
        str(Label("@platforms//cpu:" + PLATFORM_CPUS[platform])): target
        for platform, target in rctx.attr.platforms.items()
        if platform in PLATFORM_CPUS
    }
    return "select(%r, no_match_error = %r)" % (
        choices,
        "%s has no image for the target CPU: it was pulled for %s; add the platform to `platforms` of oci.pull" % (
            rctx.attr.image,
            ", ".join(rctx.attr.platforms),
        ),
    )

hub_repository = repository_rule(
    implementation = _hub_repository_impl,
    doc = "An alias that selects an image by CPU, and its `digest`.",
    attrs = {
        "digest": attr.string(doc = "String, default none: the digest that the image is pulled by."),
        "digest_target": attr.string(doc = "String, default none: target of the digest file."),
        "image": attr.string(doc = "String, required: the image's name, for errors.", mandatory = True),
        "platforms": attr.string_dict(doc = "Dict of strings, default empty: platforms to targets."),
        "single": attr.string(doc = "String, default none: the target if `platforms` is empty."),
        "target_name": attr.string(doc = "String, required: name of the alias.", mandatory = True),
    },
)
