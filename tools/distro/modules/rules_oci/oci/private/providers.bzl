"""What rules of this module tell each other."""

OciLayoutInfo = provider(
    doc = "An OCI layout that a rule of this module assembled. Its blobs are known to match their digests.",
    fields = {
        "is_index": "Bool: whether it holds an image index, else an image.",
        "layout": "File: the layout's directory.",
    },
)
