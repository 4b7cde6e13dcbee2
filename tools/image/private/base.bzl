"""The aspect that finds the base images of an image."""

ImageBaseInfo = provider(
    doc = "The base images of an image, or of each image of an index.",
    fields = {
        "files": "A depset of Files: the layouts, and the files that their blobs link to.",
        "layouts": "A depset of Files: the OCI layouts of the base images, directories.",
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
    nested = [
        target[ImageBaseInfo]
        for name in ["actual", "images"]
        for target in _targets(ctx.rule.attr, name)
        if ImageBaseInfo in target
    ]
    return [ImageBaseInfo(
        files = depset(transitive = [info.files for info in nested]),
        layouts = depset(transitive = [info.layouts for info in nested]),
    )] if nested else [_NONE]

image_bases = aspect(
    doc = """Collects the OCI layouts of an image's base images, in the configuration of the image.

The aspect follows `base` of `oci_image`, `images` of `oci_image_index`, and `actual` of `release` and `alias`.
""",
    implementation = _image_bases_impl,
    attr_aspects = ["actual", "images"],
    provides = [ImageBaseInfo],
)
