"""The bases of an image, found by following its rules."""

ImageBaseInfo = provider(
    doc = "What an image, or each image of an index, is based on.",
    fields = {
        "files": "depset of Files: the layouts, and the files that their blobs link to.",
        "layouts": "depset of Files: OCI layouts, directories.",
    },
)

_NONE = ImageBaseInfo(files = depset(), layouts = depset())

def _targets(attributes, name):
    value = getattr(attributes, name, None)
    if not value:
        return []
    return value if type(value) == type([]) else [value]

def _image_bases_impl(_target, ctx):
    base = _targets(ctx.rule.attr, "base")
    if base:
        info = base[0][DefaultInfo]
        return [ImageBaseInfo(
            files = depset(transitive = [info.files, info.default_runfiles.files]),
            layouts = info.files,
        )]
    below = [
        target[ImageBaseInfo]
        for name in ["actual", "images"]
        for target in _targets(ctx.rule.attr, name)
        if ImageBaseInfo in target
    ]
    return [ImageBaseInfo(
        files = depset(transitive = [info.files for info in below]),
        layouts = depset(transitive = [info.layouts for info in below]),
    )] if below else [_NONE]

image_bases = aspect(
    doc = """Collects the layouts that an image is based on, in the image's own configuration.

It follows `base` of `oci_image`, `images` of `oci_image_index` and `actual` of `release` and `alias`.
""",
    implementation = _image_bases_impl,
    attr_aspects = ["actual", "images"],
    provides = [ImageBaseInfo],
)
