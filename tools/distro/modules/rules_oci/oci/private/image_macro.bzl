"""The macro of the image rule, which accepts inline values."""

load(":digest.bzl", "oci_digest")
load(":image.bzl", oci_image_rule = "oci_image")
load(":inline.bzl", "forwarded_attrs", "inline_arguments", "inline_names", "inline_pairs")

def oci_image(
        name,
        labels = None,
        annotations = None,
        env = None,
        cmd = None,
        entrypoint = None,
        exposed_ports = None,
        volumes = None,
        **kwargs):
    """Assembles an OCI image.

    ```starlark
    oci_image(
        name = "image",
        base = "@distroless_static",
        entrypoint = ["/app"],
        env = {"PATH": "/app/bin:$PATH"},
        exposed_ports = ["8888/tcp"],
        tars = [":layer"],
        user = "65532",
    )
    ```

    Targets created:

    - `<name>`: the image, a layout directory.
    - `<name>.digest`: the file `<name>.json.sha256`, with the digest of the image's manifest.
    - `<name>_write_labels`, `_annotations`, `_env`, `_cmd`, `_entrypoint`, `_exposed_ports`, `_volumes`: the files
      of inline values.

    Args:
        name: String, name of the image target.
        labels: Dict, or label of a file of `KEY=VALUE` lines, default none: labels, merged into the config.
        annotations: Dict or label, default none: annotations, merged into the manifest.
        env: Dict or label, default none: environment variables, merged with the base's; `$KEY` and `${KEY}` are expanded.
        cmd: List of strings, or label of a file of one argument per line, default none: default arguments.
        entrypoint: List or label, default none: the program to run. Clears the base's Cmd.
        exposed_ports: List, or label of a file of names separated only by commas, default none: ports as in `8888/tcp`.
        volumes: List or label, default none: paths.
        **kwargs: The other attributes of `oci_image_rule`: `base`, `tars`, `user`, `workdir`, `os`, `architecture`,
            `variant`, `created`, `resource_set`, and the common attributes.
    """
    common = forwarded_attrs(kwargs)
    oci_image_rule(
        name = name,
        annotations = inline_pairs(name, "annotations", annotations, common),
        cmd = inline_arguments(name, "cmd", cmd, common),
        entrypoint = inline_arguments(name, "entrypoint", entrypoint, common),
        env = inline_pairs(name, "env", env, common),
        exposed_ports = inline_names(name, "exposed_ports", exposed_ports, common),
        labels = inline_pairs(name, "labels", labels, common),
        volumes = inline_names(name, "volumes", volumes, common),
        **kwargs
    )
    oci_digest(
        name = name + ".digest",
        out = name + ".json.sha256",
        image = name,
        **common
    )
