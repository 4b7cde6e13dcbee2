"""The macro in the repository of a composed base image."""

load(":base_config.bzl", "PACKAGES", "base_settings")
load(":base_layer.bzl", "debian_base_layer")
load(":image_macro.bzl", "oci_image")

def debian_base(name, kind, os, architecture, variant, tag):
    """Composes a base image from the packages in the repository's directory `packages`.

    Targets created:

    - `<name>`: the image.
    - `layer`: its layer, a `.tar.gz` file.

    Args:
        name: String, name of the image target.
        kind: String, kind of base.
        os: String, GOOS of the platform.
        architecture: String, GOARCH of the platform.
        variant: String, CPU variant; may be empty.
        tag: String, tag of the original image; may be empty.
    """
    debian_base_layer(
        name = "layer",
        files = native.glob(["packages/*"]),
        kind = kind,
        packages = PACKAGES[kind],
    )
    oci_image(
        name = name,
        architecture = architecture,
        os = os,
        tars = [":layer"],
        variant = variant,
        **base_settings(kind, tag)
    )
