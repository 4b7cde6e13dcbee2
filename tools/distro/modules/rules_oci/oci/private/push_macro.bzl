"""The macro of the push rule, which accepts inline tags."""

load(":inline.bzl", "forwarded_attrs", "inline_tags")
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
    - `<name>_write_tags`: the file of inline tags.

    Args:
        name: String, name of the target.
        remote_tags: List of strings, or label of a file of one tag per line, default none.
        **kwargs: The other attributes of `oci_push_rule`: `image`, `repository`, `repository_file`, and the
            common attributes.
    """
    oci_push_rule(
        name = name,
        remote_tags = inline_tags(name, remote_tags, forwarded_attrs(kwargs)),
        **kwargs
    )
