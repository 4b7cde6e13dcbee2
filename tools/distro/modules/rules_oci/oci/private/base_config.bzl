"""The base images that are composed from Debian packages: names, packages and configuration."""

_STATIC_PACKAGES = [
    "base-files",
    "ca-certificates",
    "media-types",
    "netbase",
    "tzdata",
]

_ENV = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt",
}

# Image names to kinds of base.
KINDS = {
    "docker.io/library/busybox": "busybox",
    "gcr.io/distroless/static": "static",
    "gcr.io/distroless/static-debian12": "static",
}

PACKAGES = {
    "busybox": _STATIC_PACKAGES + ["busybox-static"],
    "static": _STATIC_PACKAGES,
}

_BUSYBOX = {
    "cmd": ["sh"],
    "env": _ENV,
    "workdir": "/",
}

_STATIC = {
    "env": _ENV,
    "user": "0",
    "workdir": "/",
}

# The settings in the original images' configs, by the variant that the tag names.
_SETTINGS = {
    "busybox": {"latest": _BUSYBOX},
    "static": {
        "latest": _STATIC,
        "nonroot": _STATIC | {
            "user": "65532",
            "workdir": "/home/nonroot",
        },
    },
}

def base_settings(kind, tag):
    """Returns the settings of the config of a composed image.

    Args:
        kind: String, a kind of base.
        tag: String. Without a tag, or with a version such as `1.36`, the version is that of the Debian packages, as with a digest.

    Returns:
        Dict of attributes of the image, or None if the packages do not represent the tag.
    """
    is_version = not tag.strip("0123456789.")
    return _SETTINGS[kind].get("latest" if is_version else tag)

def find_difference(image, kind, platform, tag):
    """Finds the reason why the original image differs from any that can be composed.

    Args:
        image: String, name of the image.
        kind: String, its kind of base.
        platform: String, as in `linux/arm64/v8`; may be empty.
        tag: String; may be empty.

    Returns:
        String, the reason with its fix, or None.
    """
    if not platform:
        return "it is a multi-architecture image; set the attribute `platforms` of oci.pull, such as [\"linux/amd64\"]"
    if platform == "linux/arm64":
        return "platform linux/arm64 not found: the image has linux/arm64/v8; correct `platforms`"
    if not base_settings(kind, tag):
        return "tag %r cannot be composed: expected %s or a version; set a mirror:\n    export THIMBLE_OCI_MIRRORS=%s=registry.example.com/mirror" % (
            tag,
            ", ".join(_SETTINGS[kind]),
            image,
        )
    return None
