"""The split transition to the image platforms."""

load(":defs.bzl", "IMAGE_PLATFORMS")

_PLATFORMS = "//command_line_option:platforms"

# The keys of `ctx.split_attr` are the architectures of the platforms. The transition sets the same options as that of `oci_image_index`, so
# that no target is built twice.
each_image_platform = transition(
    implementation = lambda _settings, _attr: {
        platform.architecture: {_PLATFORMS: [platform.label]}
        for platform in IMAGE_PLATFORMS
    },
    inputs = [],
    outputs = [_PLATFORMS],
)
