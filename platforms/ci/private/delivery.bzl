"""What loads and pushes an image of the build root."""

load("@rules_oci//oci:defs.bzl", "oci_load", "oci_push")
load("//tools/image:defs.bzl", "push_repository")

def image_delivery(name):
    """The load and the push of the package's `image`.

    Targets created, all on request only:

    * `load`: `bazel run` loads the image into an engine, as `thimble-<name>:latest`
    * `push`: `bazel run` sends it to `platforms/<name>` of the workspace's registry, as `latest`
    * a private one behind it

    Args:
        name: the directory below `platforms`.
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
        remote_tags = ["latest"],
        repository_file = ":repository",
        tags = ["manual"],
    )
