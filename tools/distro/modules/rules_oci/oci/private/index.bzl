"""The rule that assembles an image index."""

load(":layouts.bzl", "layout_runfiles")
load(":providers.bzl", "OciLayoutInfo")
load(":tool.bzl", "TOOL_ATTRS", "display_label", "run_tool")

_PLATFORMS = "//command_line_option:platforms"

def _platforms_transition_impl(settings, attr):
    if not attr.platforms:
        return {_PLATFORMS: settings[_PLATFORMS]}

    # The keys are positions: the label of an alias differs from that of its target.
    return {str(i): {_PLATFORMS: str(platform)} for i, platform in enumerate(attr.platforms)}

_platforms_transition = transition(
    implementation = _platforms_transition_impl,
    inputs = [_PLATFORMS],
    outputs = [_PLATFORMS],
)

def _oci_image_index_impl(ctx):
    _check_images(ctx)
    output = ctx.actions.declare_directory(ctx.label.name)
    args = ctx.actions.args()
    args.add_all("--output", [output], expand_directories = False)
    images = _ordered_images(ctx)
    files = [file for image in images for file in image[DefaultInfo].files.to_list()]
    args.add_all(files, before_each = "--image", expand_directories = False)
    links = [runfiles for image in images for runfiles in layout_runfiles(image)]
    run_tool(
        ctx,
        "index",
        args,
        inputs = depset(files, transitive = [runfiles.files for runfiles in links]),
        mnemonic = "OCIIndex",
        outputs = [output],
        progress_message = "Assembling OCI image index %{label}",
    )
    runfiles = ctx.runfiles(files = [output] + files).merge_all(links)
    return [
        DefaultInfo(files = depset([output]), runfiles = runfiles),
        OciLayoutInfo(is_index = True, layout = output),
    ]

def _ordered_images(ctx):
    """Returns the images in the order of `platforms`; Bazel orders them by digests of configurations, which every flag changes."""
    if not ctx.attr.platforms:
        return ctx.attr.images
    return [image for i in range(len(ctx.attr.platforms)) for image in ctx.split_attr.images[str(i)]]

def _check_images(ctx):
    count, platforms = len(ctx.attr.images), len(ctx.attr.platforms)
    if platforms and count != platforms:
        fail("%s: invalid attribute 'images': %d images: expected one if 'platforms' is set; name one image, or remove 'platforms'" % (
            display_label(ctx.label),
            count // platforms,
        ))

oci_image_index = rule(
    implementation = _oci_image_index_impl,
    doc = """Assembles an image index: images of several platforms under one digest, as a layout directory.

The platform of each image is read from its config. Blobs are relative links, as in an image.
""",
    attrs = {
        "images": attr.label_list(
            doc = "List of labels of OCI layout directories of one image each, required: the images, in order. " +
                  "The entries of an image index, including attestations, are added instead of the index.",
            allow_empty = False,
            cfg = _platforms_transition,
            mandatory = True,
        ),
        "platforms": attr.label_list(
            doc = "List of labels of platforms, default empty: builds the one image of `images` for each of them. An " +
                  "error with several images.",
            providers = [platform_common.PlatformInfo],
        ),
    } | TOOL_ATTRS,
    provides = [DefaultInfo, OciLayoutInfo],
)
