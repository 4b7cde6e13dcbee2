"""A service's image and image index, and what gives the image to an engine."""

load("@rules_oci//oci:defs.bzl", "oci_image_index", "oci_image_rule", "oci_load")
load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load("//tools/image:defs.bzl", "image_digest", "image_layer")
load(":image_settings.bzl", "image_settings")
load(":release.bzl", "release")

_USER = "65532"

def service_image(name, title, description, licenses, port, volumes, base, visibility):
    """The image of the service `name`.

    Targets created: `image`, `image_index`, the `.digest` of both, `image_debug`, `load`, `load_debug`, for each platform but the
    first `load_<architecture>`, and the private ones behind them.

    Args:
        name: the service, the target of its program in the release profile, the program in the image and the image's repository.
        title: label `org.opencontainers.image.title`.
        description: label `org.opencontainers.image.description`; may be empty.
        licenses: label `org.opencontainers.image.licenses`; may be empty.
        port: the TCP port that the image exposes.
        volumes: folders that the service writes to, as absolute paths.
        base: label of an OCI layout that the image stands on.
        visibility: of the targets.
    """
    image_layer(
        name = "image_layer",
        # Engines copy owner and mode to a new volume.
        directories = volumes,
        directory_mode = "0700",
        directory_owner = "{0}.{0}".format(_USER),
        files = {name: "/" + name},
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    labels = {
        "org.opencontainers.image.description": description,
        "org.opencontainers.image.licenses": licenses,
        "org.opencontainers.image.title": title,
    }
    image_settings(
        name = "image_settings",
        debug_tags_out = "image_debug.tags.txt",
        entrypoint_out = "image.entrypoint.txt",
        exposed_ports_out = "image.exposed_ports.txt",
        labels = {key: value for key, value in labels.items() if value},
        labels_out = "image.labels.txt",
        port = port,
        remote_tags_out = "image.remote_tags.txt",
        service = name,
        tags = ["manual"],
        tags_out = "image.tags.txt",
        visibility = ["//visibility:private"],
        volumes = volumes,
        volumes_out = "image.volumes.txt",
    )

    oci_image_rule(
        name = "image_oci",
        base = base,
        entrypoint = "image.entrypoint.txt",
        exposed_ports = "image.exposed_ports.txt",
        labels = "image.labels.txt",
        tags = ["manual"],
        # With --config=release the stamp goes on top of the image as it is without.
        tars = ["image_layer"] + select({
            "//tools/rust:stamped": ["//tools/rust:build_info_layer"],
            "//conditions:default": [],
        }),
        user = _USER,
        visibility = ["//visibility:private"],
        volumes = "image.volumes.txt" if volumes else None,
        workdir = "/",
    )

    release(
        name = "image",
        actual = "image_oci",
        visibility = visibility,
    )

    image_digest(
        name = "image.digest",
        image = "image",
        out = "image.json.sha256",
        visibility = visibility,
    )

    # Of the image in the release profile: its layer of busybox is for the same platform.
    oci_image_rule(
        name = "image_debug",
        base = "image",
        env = "//platforms/base:busybox_env",
        tars = ["//platforms/base:busybox"],
        visibility = visibility,
    )

    oci_load(
        name = "load_debug",
        image = "image_debug",
        repo_tags = "image_debug.tags.txt",
        visibility = visibility,
    )

    oci_load(
        name = "load",
        image = "image",
        repo_tags = "image.tags.txt",
        visibility = visibility,
    )

    # By platform of their own: oci_load runs tar of the target platform, so that --platforms would have to be the machine's.
    for platform in IMAGE_PLATFORMS[1:]:
        release(
            name = "image_" + platform.architecture,
            actual = "image_oci",
            platform = platform.label,
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        oci_load(
            name = "load_" + platform.architecture,
            image = "image_" + platform.architecture,
            repo_tags = "image.tags.txt",
            visibility = visibility,
        )

    # Each platform first, then `release`, which keeps it: the very images that `image` is with that platform asked for.
    oci_image_index(
        name = "image_index",
        images = ["image"],
        platforms = [platform.label for platform in IMAGE_PLATFORMS],
        visibility = visibility,
    )
