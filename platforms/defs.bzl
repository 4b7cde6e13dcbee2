"""The platforms that the root module builds images for."""

load("@thimble_image_platforms//:defs.bzl", "NAMES")
load(":all.bzl", "ALL_IMAGE_PLATFORMS")

# The first is what an image is built for when `--platforms` names none of them.
IMAGE_PLATFORMS = [platform for name in NAMES for platform in ALL_IMAGE_PLATFORMS if platform.name == name]
