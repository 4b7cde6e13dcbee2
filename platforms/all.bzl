"""Every platform that images can be built for, named once: `platform()`s, images, the index and the gates follow from this list."""

def _image_platform(name, cpu, architecture, triple):
    return struct(
        architecture = architecture,
        cpu = cpu,
        label = Label("//platforms:" + name),
        name = name,
        triple = triple,
    )

# Each has the fields
#   name: of the platform() in //platforms
#   label: the same as a label
#   cpu: the CPU, as @platforms//cpu and qemu name it
#   architecture: the CPU, as images (and Go) name it
#   triple: Rust's target
ALL_IMAGE_PLATFORMS = [
    _image_platform(
        "linux_x86_64_musl",
        architecture = "amd64",
        cpu = "x86_64",
        triple = "x86_64-unknown-linux-musl",
    ),
    _image_platform(
        "linux_arm64_musl",
        architecture = "arm64",
        cpu = "aarch64",
        triple = "aarch64-unknown-linux-musl",
    ),
]
