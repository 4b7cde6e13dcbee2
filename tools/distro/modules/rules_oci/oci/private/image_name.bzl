"""Parses image names and platforms of `oci.pull`."""

# Platforms to the CPU constraints that select their images. Images of other platforms can only be used directly.
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

DIGEST_FORM = "sha256:<64 hexadecimal digits>"

def parse_image(tag):
    """Parses the image of a tag.

    Args:
        tag: The `oci.pull` tag.

    Returns:
        Struct: `name`, registry and repository as in `docker.io/library/busybox`; `scheme`, `http` or empty; `digest` and
        `tag`, of which those in `image` take precedence over the attributes.
    """
    if bool(tag.image) == bool(tag.registry or tag.repository) or bool(tag.registry) != bool(tag.repository):
        fail("oci.pull %r: conflicting attributes: expected either 'image', or 'registry' and 'repository'" % tag.name)
    if tag.image:
        name, digest, version = _split(tag.image.removeprefix("http://").removeprefix("https://"))
    else:
        name, digest, version = tag.registry + "/" + tag.repository, "", ""
    image = struct(
        digest = digest or tag.digest,
        name = _normalize(name),
        scheme = "http" if tag.image.startswith("http://") else "",
        tag = version or tag.tag,
    )
    if not image.digest and not image.tag:
        fail("oci.pull %r: missing attribute 'digest': expected 'digest' or 'tag'" % tag.name)
    if image.digest and not is_digest(image.digest):
        fail("oci.pull %r: unsupported digest %r: expected %s" % (tag.name, image.digest, DIGEST_FORM))
    if image.digest and image.tag and not tag.reproducible:
        fail("oci.pull %r: invalid attribute 'reproducible': False: an image with both 'digest' and 'tag' is reproducible; remove 'reproducible'" % tag.name)
    return image

def is_digest(text):
    """Returns whether a text is a digest of the supported algorithm.

    Args:
        text: String.

    Returns:
        Bool.
    """
    hexadecimal = text.removeprefix("sha256:")
    return len(text) == 71 and len(hexadecimal) == 64 and not hexadecimal.strip("0123456789abcdef")

def _split(name):
    """Splits a name into name, digest and tag."""
    name, _, digest = name.partition("@")
    directory, slash, last = name.rpartition("/")
    last, _, version = last.partition(":")
    return directory + slash + last, digest, version

def _normalize(name):
    """Adds the default registry and namespace of Docker Hub."""
    if "/" not in name:
        return "docker.io/library/" + name
    return name.removeprefix("index.") if name.startswith("index.docker.io/") else name

def parse_platform(tag, platform):
    """Parses a platform.

    Args:
        tag: The `oci.pull` tag.
        platform: String, as in `linux/arm64/v8`.

    Returns:
        GOOS, GOARCH and variant; the variant may be empty.
    """
    parts = platform.split("/")
    if len(parts) not in [2, 3] or not all(parts):
        fail("oci.pull %r: invalid attribute 'platforms': %r: expected OS/ARCHITECTURE[/VARIANT], such as linux/arm64/v8" % (tag.name, platform))
    return parts[0], parts[1], (parts[2] if len(parts) == 3 else "")

def is_loopback(host):
    """Returns whether a host is a loopback address.

    Args:
        host: String, with or without a port.

    Returns:
        Bool.
    """
    name = host.split("]")[0] + "]" if host.startswith("[") else host.split(":")[0]
    return name in ["localhost", "[::1]"] or (name.startswith("127.") and name.replace(".", "").isdigit())
