"""Reads the names that `oci.pull` is given."""

def image_name(tag):
    """Gives an image's full name.

    Args:
        tag: The `oci.pull` tag.

    Returns:
        String, registry and repository as in `docker.io/library/busybox`.
    """
    if bool(tag.image) == bool(tag.registry or tag.repository) or bool(tag.registry) != bool(tag.repository):
        fail("oci.pull %r: set either `image`, or `registry` and `repository`" % tag.name)
    name = tag.image or tag.registry + "/" + tag.repository
    if "@" in name or ":" in name.split("/")[-1]:
        fail("oci.pull %r: the name %r says which image too; say that in `digest` or `tag`" % (tag.name, name))
    return _complete(name.removeprefix("https://").removeprefix("http://"))

def _complete(name):
    """Writes out what the names of images on Docker Hub leave away."""
    first, slash, rest = name.partition("/")
    if not slash:
        return "docker.io/library/" + name
    if first in ["docker.io", "index.docker.io"]:
        return "docker.io/" + (rest if "/" in rest else "library/" + rest)
    is_host = "." in first or ":" in first or first == "localhost"
    return name if is_host else "docker.io/" + name

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
