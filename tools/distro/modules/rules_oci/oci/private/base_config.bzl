"""The base images that are composed from Debian packages: their names, what goes into them, how they are set up."""

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

# The kind of base that an image's name stands for.
KINDS = {
    "docker.io/library/busybox": "busybox",
    "gcr.io/distroless/static": "static",
    "gcr.io/distroless/static-debian12": "static",
}

PACKAGES = {
    "busybox": _STATIC_PACKAGES + ["busybox-static"],
    "static": _STATIC_PACKAGES,
}

# What the config of the original says.
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
