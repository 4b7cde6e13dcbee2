"""The repository that an image is known by: it leads to the one of the platform that is built for."""

_BUILD = """load("{digest}", "oci_digest")

package(default_visibility = ["//visibility:public"])

alias(
    name = {name},
    actual = {actual},
)

oci_digest(
    name = "digest",
    out = {name} + ".json.sha256",
    image = {name},
    tags = ["manual"],
)
"""

# Bazel's processors by Go's names.
_CPUS = {
    "386": "x86_32",
    "amd64": "x86_64",
    "arm": "arm",
    "arm64": "arm64",
    "mips64le": "mips64",
    "ppc64le": "ppc",
    "riscv64": "riscv64",
    "s390x": "s390x",
}

def _hub_repository_impl(rctx):
    choices, known = {}, []
    for platform, target in rctx.attr.platforms.items():
        architecture = platform.split("/")[1]
        known.append(platform)
        if architecture in _CPUS:
            choices[str(Label("@platforms//cpu:" + _CPUS[architecture]))] = target
    actual = repr(rctx.attr.single)
    if not rctx.attr.single:
        actual = "select(%s, no_match_error = %r)" % (
            repr(choices),
            "%s has no image for the processor that is built for; it was pulled for %s: add the platform to `platforms`" % (
                rctx.attr.image,
                ", ".join(known),
            ),
        )
    rctx.file("BUILD.bazel", _BUILD.format(
        actual = actual,
        digest = Label("//oci/private:digest.bzl"),
        name = repr(rctx.attr.target_name),
    ))

hub_repository = repository_rule(
    implementation = _hub_repository_impl,
    doc = "An alias that selects an image by processor, and its `digest`.",
    attrs = {
        "image": attr.string(doc = "String, required: the image's name, for messages.", mandatory = True),
        "platforms": attr.string_dict(doc = "Dict of strings, default empty: the target for each platform."),
        "single": attr.string(doc = "String, default none: the target when no platforms are named."),
        "target_name": attr.string(doc = "String, required: the alias.", mandatory = True),
    },
)
