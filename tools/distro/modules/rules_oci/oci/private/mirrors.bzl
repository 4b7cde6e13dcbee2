"""Mirrors of images, for networks that reach only a mirror."""

load(":image_name.bzl", "is_loopback")

# Names to mirrors: `docker.io=127.0.0.1:5000/hub,gcr.io/distroless=registry.example.com/distroless`.
MIRRORS_VARIABLE = "THIMBLE_OCI_MIRRORS"

def find_mirror(image, setting):
    """Looks up the mirror of an image.

    Args:
        image: String, full name of the image.
        setting: String, the variable's value; may be None.

    Returns:
        String, full name at the mirror with the longest matching prefix, or None.
    """
    best, found = "", None
    for entry in (setting or "").split(","):
        name, equals, mirror = entry.strip().partition("=")
        if not name and not equals:
            continue
        name, mirror = name.strip().removesuffix("/"), mirror.strip().removesuffix("/")
        if not name or not mirror or "://" in entry:
            fail("invalid %s entry %r: expected NAME=HOST[:PORT][/PATH] without a scheme, such as docker.io=registry.example.com/hub" % (
                MIRRORS_VARIABLE,
                entry,
            ))
        if (image == name or image.startswith(name + "/")) and len(name) > len(best):
            best, found = name, mirror + image[len(name):]
    return found

def registry_url(host, scheme):
    """Returns the URL of a registry.

    Args:
        host: String, host as in image names.
        scheme: String, `http` for plain HTTP, or empty.

    Returns:
        String: an HTTP URL for `http` and loopback hosts, otherwise an HTTPS URL.
    """
    if host == "docker.io":
        host = "registry-1.docker.io"
    return ("http://" if scheme == "http" or is_loopback(host) else "https://") + host
