"""Where images are pulled from, in networks that reach a mirror only."""

load(":image_name.bzl", "is_loopback")

# Names and mirrors: `docker.io=127.0.0.1:5000/hub,gcr.io/distroless=registry.example.com/distroless`.
MIRRORS_VARIABLE = "THIMBLE_OCI_MIRRORS"

def find_mirror(image, setting):
    """Looks up the mirror of an image.

    Args:
        image: String, the full name.
        setting: String, the variable's value; may be None.

    Returns:
        String, the full name at the mirror with the longest name that fits; None if there is none.
    """
    best, found = "", None
    for entry in (setting or "").split(","):
        name, equals, mirror = entry.strip().partition("=")
        if not name and not equals:
            continue
        name, mirror = name.strip().removesuffix("/"), mirror.strip().removesuffix("/")
        if not name or not mirror:
            fail("%s: %r is not NAME=MIRROR; write it as in docker.io=registry.example.com/hub" % (MIRRORS_VARIABLE, entry))
        if (image == name or image.startswith(name + "/")) and len(name) > len(best):
            best, found = name, mirror + image[len(name):]
    return found

def registry_url(host, scheme):
    """Gives the address of a registry.

    Args:
        host: String, as people write it.
        scheme: String, `http` if the image's name begins with it.

    Returns:
        String: plain HTTP where that is asked for and on this machine, else HTTPS.
    """
    if host == "docker.io":
        host = "registry-1.docker.io"
    return ("http://" if scheme == "http" or is_loopback(host) else "https://") + host
