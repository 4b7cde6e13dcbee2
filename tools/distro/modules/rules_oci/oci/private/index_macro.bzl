"""The macro around the index rule."""

load(":digest.bzl", "oci_digest")
load(":index.bzl", oci_image_index_rule = "oci_image_index")
load(":inline.bzl", "forwarded")

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

    - `<name>`: the index, a directory.
    - `<name>.digest`: the file `<name>.json.sha256`, with the digest of the index.

    Args:
        name: String, the index.
        **kwargs: The attributes of `oci_image_index_rule`: `images`, `platforms`, and those that every rule has.
    """
    oci_image_index_rule(
        name = name,
        **kwargs
    )
    oci_digest(
        name = name + ".digest",
        out = name + ".json.sha256",
        image = name,
        **forwarded(kwargs)
    )
