"""The macro around the index rule: annotations may be written in place."""

load(":digest.bzl", "oci_digest")
load(":index.bzl", "oci_image_index_rule")
load(":inline.bzl", "forwarded", "inline_pairs")

def oci_image_index(name, images, annotations = None, **kwargs):
    """Assembles an image index.

    ```starlark
    oci_image_index(
        name = "index",
        images = [":image"],
        platforms = [
            "//platforms:linux_x86_64_musl",
            "//platforms:linux_arm64_musl",
        ],
    )
    ```

    Targets created:

    - `<name>`: the index, a directory.
    - `<name>.digest`: the file `<name>.json.sha256`, with the digest of the index.
    - `<name>_write_annotations`: the file of annotations that are written in place.

    Args:
        name: String, the index.
        images: List of labels, the images.
        annotations: Dict, or label of a file of `KEY=VALUE` lines, default none.
        **kwargs: The other attributes of `oci_image_index_rule`: `platforms`, and those that every rule has.
    """
    common = forwarded(kwargs)
    oci_image_index_rule(
        name = name,
        annotations = inline_pairs(name, "annotations", annotations, common),
        images = images,
        **kwargs
    )
    oci_digest(
        name = name + ".digest",
        out = name + ".json.sha256",
        image = name,
        visibility = kwargs.get("visibility"),
        **common
    )
