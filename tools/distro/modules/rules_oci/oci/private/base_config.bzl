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

# The settings in the original images' configs.
SETTINGS = {
    "busybox": {
        "cmd": ["sh"],
        "env": _ENV,
        "workdir": "/",
    },
    "static": {
        "env": _ENV,
        "user": "0",
        "workdir": "/",
    },
}
