"""The macro that the repository of a composed base image calls."""

load(":base_config.bzl", "PACKAGES", "SETTINGS")
load(":base_layer.bzl", "debian_base_layer")
load(":image_macro.bzl", "oci_image")

def debian_base(name, kind, os, architecture, variant):
    """Composes a base image from the packages in the repository's directory `packages`.

    Targets created:

    - `<name>`: the image.
    - `layer`: its layer, a tar.gz.

    Args:
        name: String, the image.
        kind: String, what the base is for.
        os: String, the operating system, by Go's name.
        architecture: String, the processor, by Go's name.
        variant: String, the processor's variant; may be empty.
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
        **SETTINGS[kind]
    )
