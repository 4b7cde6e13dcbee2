"""The macro of the load rule, which accepts inline tags."""

load(":inline.bzl", "forwarded_attrs", "inline_tags")
load(":load.bzl", oci_tarball_rule = "oci_load")

def oci_load(name, repo_tags = None, **kwargs):
    """Loads an image into a container engine.

    ```starlark
    oci_load(
        name = "load",
        image = ":image",
        repo_tags = ["app:latest"],
    )
    ```

    Targets created:

    - `<name>`: executable; loads the image. Output group `tarball`: `<name>/tarball.tar`.
    - `<name>_write_tags`: the file of inline tags.

    Args:
        name: String, name of the target.
        repo_tags: List of strings, or label of a `.txt` file of one tag per line, required.
        **kwargs: The other attributes of `oci_tarball_rule`: `image`, `format`, `loader`, and the common attributes.
    """
    oci_tarball_rule(
        name = name,
        repo_tags = inline_tags(name, repo_tags, forwarded_attrs(kwargs)),
        **kwargs
    )
