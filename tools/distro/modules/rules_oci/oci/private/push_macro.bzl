"""The macro around the push rule: tags may be written in place."""

load(":inline.bzl", "forwarded", "inline_tags")
load(":push.bzl", oci_push_rule = "oci_push")

def oci_push(name, remote_tags = None, **kwargs):
    """Pushes an image or an image index to a registry.

    ```starlark
    oci_push(
        name = "push",
        image = ":image",
        remote_tags = ["latest"],
        repository = "ghcr.io/my-team/my-service",
    )
    ```

    Targets created:

    - `<name>`: executable; pushes the image and prints `<repository>@sha256:...` last.
    - `<name>_write_tags`: the file of tags that are written in place.

    Args:
        name: String, the target to run.
        remote_tags: List of strings, or label of a file of one tag a line, default none.
        **kwargs: The other attributes of `oci_push_rule`: `image`, `repository`, `repository_file`, and those that
            every rule has.
    """
    oci_push_rule(
        name = name,
        remote_tags = inline_tags(name, remote_tags, forwarded(kwargs)),
        **kwargs
    )
