"""Reads the names that `oci.pull` is given."""

# The constraint that selects the image of a platform. Images of other platforms are targets of their own only.
PLATFORM_CPUS = {
    "linux/386": "i386",
    "linux/amd64": "x86_64",
    "linux/arm/v7": "armv7",
    "linux/arm64": "arm64",
    "linux/arm64/v8": "arm64",
    "linux/mips64le": "mips64",
    "linux/ppc64le": "ppc",
    "linux/s390x": "s390x",
}

def parse_image(tag):
    """Reads which image a tag names.

    Args:
        tag: The `oci.pull` tag.

    Returns:
        Struct: `name`, registry and repository as in `docker.io/library/busybox`; `scheme`, `http` or empty; `digest` and
        `tag`, where those in `image` come before the attributes.
    """
    if bool(tag.image) == bool(tag.registry or tag.repository) or bool(tag.registry) != bool(tag.repository):
        fail("oci.pull %r: set either `image`, or `registry` and `repository`" % tag.name)
    if tag.image:
        name, digest, version = _split(tag.image.removeprefix("http://").removeprefix("https://"))
    else:
        name, digest, version = tag.registry + "/" + tag.repository, "", ""
    image = struct(
        digest = digest or tag.digest,
        name = _complete(name),
        scheme = "http" if tag.image.startswith("http://") else "",
        tag = version or tag.tag,
    )
    if not image.digest and not image.tag:
        fail("oci.pull %r: neither `digest` nor `tag` says which image is meant; set `digest`" % tag.name)
    if image.digest and image.tag and not tag.reproducible:
        fail("oci.pull %r: both `digest` and `tag` are set, so the image is reproducible; remove `reproducible = False`" % tag.name)
    return image

def _split(name):
    """Takes the digest and the tag off a name."""
    name, _, digest = name.partition("@")
    directory, slash, last = name.rpartition("/")
    last, _, version = last.partition(":")
    return directory + slash + last, digest, version

def _complete(name):
    """Writes out what the names of images on Docker Hub leave away."""
    if "/" not in name:
        return "docker.io/library/" + name
    return name.removeprefix("index.") if name.startswith("index.docker.io/") else name

def parse_platform(tag, platform):
    """Takes a platform apart.

    Args:
        tag: The `oci.pull` tag.
        platform: String, as in `linux/arm64/v8`.

    Returns:
        Operating system, processor and variant; the last may be empty.
    """
    parts = platform.split("/")
    if len(parts) not in [2, 3] or not all(parts):
        fail("oci.pull %r: `platforms` has %r; write it as in linux/amd64 or linux/arm64/v8" % (tag.name, platform))
    return parts[0], parts[1], (parts[2] if len(parts) == 3 else "")

def is_loopback(host):
    """Says whether a host is this machine.

    Args:
        host: String, with or without a port.

    Returns:
        Bool.
    """
    name = host.split("]")[0] + "]" if host.startswith("[") else host.split(":")[0]
    return name in ["localhost", "[::1]"] or (name.startswith("127.") and name.replace(".", "").isdigit())
