"""The platforms that images are built for, named once."""

# The first is what an image is built for when `--platforms` names none of them.
IMAGE_PLATFORMS = [
    Label("//platforms:linux_x86_64_musl"),
]
