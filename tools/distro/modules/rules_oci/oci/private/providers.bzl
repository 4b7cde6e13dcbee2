"""Providers of this module."""

OciLayoutInfo = provider(
    doc = "An OCI layout assembled by a rule of this module. Its blobs match their digests.",
    fields = {
        "is_index": "Bool: True for an image index, False for an image.",
        "layout": "File: the layout's directory.",
    },
)
