"""The platforms that the root module builds images for."""

load("@thimble_image_platforms//:defs.bzl", "NAMES")
load(":all.bzl", "ALL_IMAGE_PLATFORMS")

# An image is built for the first one unless `--platforms` selects another.
IMAGE_PLATFORMS = [platform for name in NAMES for platform in ALL_IMAGE_PLATFORMS if platform.name == name]
