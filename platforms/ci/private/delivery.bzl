"""The macro that loads and pushes an image of the build root."""

load("@rules_oci//oci:defs.bzl", "oci_load", "oci_push")
load("//tools/image:defs.bzl", "push_repository")

def image_delivery(name):
    """Declares the load and the push of the target `image` of the package.

    ```starlark
    load("//platforms/ci:defs.bzl", "image_delivery")

    image_delivery(name = "ci")
    ```

    Targets created, all manual:

    * `load`: `bazel run` loads the image into an engine as `thimble-<name>:latest`
    * `push`: `bazel run` pushes the image to `platforms/<name>` of the registry in `--//tools/registry`, with the tags of
      `//tools/image:remote_tags`: `latest`, and with `--config=release` the commit and the version
    * `repository`: the name of that repository

    Args:
        name: name of the directory below `platforms`.
    """
    oci_load(
        name = "load",
        image = ":image",
        repo_tags = ["thimble-{}:latest".format(name)],
        tags = ["manual"],
    )
    push_repository(
        name = "repository",
        repository = "platforms/" + name,
        tags = ["manual"],
    )
    oci_push(
        name = "push",
        image = ":image",
        remote_tags = "//tools/image:remote_tags",
        repository_file = ":repository",
        tags = ["manual"],
    )
