"""The macro around the load rule: tags may be written in place."""

load(":inline.bzl", "forwarded", "inline_tags")
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
    - `<name>_write_tags`: the file of tags that are written in place.

    Args:
        name: String, the target to run.
        repo_tags: List of strings, or label of a `.txt` file of one tag a line, required.
        **kwargs: The other attributes of `oci_tarball_rule`: `image`, `format`, `loader`, and those that every rule has.
    """
    oci_tarball_rule(
        name = name,
        repo_tags = inline_tags(name, repo_tags, forwarded(kwargs)),
        **kwargs
    )
