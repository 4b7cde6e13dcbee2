"""A transition to each platform that images are built for."""

load(":defs.bzl", "IMAGE_PLATFORMS")

_PLATFORMS = "//command_line_option:platforms"

# For an attribute's `cfg`; in `ctx.split_attr` the keys are the platforms' architectures. It sets what `oci_image_index` sets
# and no more, so that nothing is built twice.
each_image_platform = transition(
    implementation = lambda _settings, _attr: {
        platform.architecture: {_PLATFORMS: [platform.label]}
        for platform in IMAGE_PLATFORMS
    },
    inputs = [],
    outputs = [_PLATFORMS],
)
