"""The list of image platforms, from which the `platform` targets, the images, the index and the gates are generated."""

def _image_platform(name, cpu, architecture, triple):
    return struct(
        architecture = architecture,
        cpu = cpu,
        label = Label("//platforms:" + name),
        name = name,
        triple = triple,
    )

# Each element is a struct with the fields
#   name: name of the platform target in //platforms
#   label: label of the platform target
#   cpu: CPU, a name of @platforms//cpu and of qemu
#   architecture: CPU, a name of Go and of the OCI image specification
#   triple: target triple of Rust
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
