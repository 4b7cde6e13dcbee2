"""The macro of the index rule."""

load(":digest.bzl", "oci_digest")
load(":index.bzl", oci_image_index_rule = "oci_image_index")
load(":inline.bzl", "forwarded_attrs")

def oci_image_index(name, **kwargs):
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

    - `<name>`: the index, a layout directory.
    - `<name>.digest`: the file `<name>.json.sha256`, with the digest of the index.

    Args:
        name: String, name of the index target.
        **kwargs: The attributes of `oci_image_index_rule`: `images`, `platforms`, and the common attributes.
    """
    oci_image_index_rule(
        name = name,
        **kwargs
    )
    oci_digest(
        name = name + ".digest",
        out = name + ".json.sha256",
        image = name,
        **forwarded_attrs(kwargs)
    )
