"""The macro that declares the image and the image index of a program, and their loads into an engine."""

load("@rules_oci//oci:defs.bzl", "oci_image_index", "oci_image_index_rule", "oci_image_rule", "oci_load")
load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load("//tools/image:defs.bzl", "image_digest")
load(":image_layers.bzl", "debug_program_layer", "image_layers")
load(":image_settings.bzl", "image_settings", "settings_files")
load(":release.bzl", "release")
load(":short_names.bzl", "short_names")

# The stand-in of the closed network calls engines itself.
_LOADER = select({
    Label("//platforms:closed_network"): None,
    "//conditions:default": Label("//tools/image:loader.sh"),
})

def rust_image(
        name,
        binary,
        debug_binary = None,
        programs = {},
        files = {},
        tars = [],
        base = Label("//platforms/base:static"),
        env = {},
        args = [],
        user = "65532",
        ports = [],
        volumes = [],
        title = None,
        description = "",
        licenses = "Apache-2.0",
        labels = {},
        annotations = {},
        created = "",
        visibility = ["//visibility:public"]):
    """Declares the image of a program in any language, and the image index for all platforms.

    All images have the release profile. `image` and `image_debug` follow `--platforms`: with
    `--platforms=@thimble//platforms:linux_arm64_musl` they are for arm64. `image_index` always contains all platforms.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_image")

    rust_image(
        name = "proxy",
        binary = ":proxy_binary",
        files = {"proxy.conf": "/etc/proxy.conf"},
        ports = [8080],
    )
    ```

    Targets created, each with a short name (`image`, `load`) if the directory of the package is named `<name>`:

    * `<name>.image`: an OCI layout of the base, `tars`, a layer of `files`, and a layer of the programs and the volumes
    * `<name>.image_index`: an OCI layout of an index with the image for each of `IMAGE_PLATFORMS`
    * `<name>.image_unstamped`, `<name>.image_index_unstamped`: without the layer that `--config=release` adds
    * `<name>.image.digest`, `<name>.image_index.digest`: the digests of the manifest and of the index, in the files
      `<name>.image.json.sha256` and `<name>.image_index.json.sha256`
    * `<name>.image_debug`: the image with a layer of busybox in `/busybox` on top, and, with `-c dbg` and `debug_binary`, a layer with the
      program compiled for a debugger
    * `<name>.load`, `<name>.load_debug`: `bazel run` loads the image into docker, podman or nerdctl as `<name>:latest` or `<name>:debug`
    * `<name>.load_<architecture>`: the same for each other platform, as `<name>:latest`

    Args:
        name: name of the image, of its program, and of the image in an engine.
        binary: label of the program, which becomes `/<name>` and the entrypoint.
        debug_binary: label of the program without a fixed profile, for the debug image with `-c dbg`. Default: none.
        programs: dict from the name of another program to its label; each becomes `/<name>`. Default: none.
        files: dict from the label of a file to its absolute path in the image; the owner is root, the mode 0444. Default: none.
        tars: labels of additional layers, .tar or .tar.gz files, the lowest first. Default: none.
        base: label of the OCI layout of the base image, which must exist for each platform. Default: distroless/static.
        env: dict of environment variables. rules_oci expands `$NAME` to the value of the base or of an earlier variable. Default: none.
        args: list of default arguments of the program, `Cmd` of the configuration. Default: none.
        user: user of the process, `UID` or `UID:GID`, numeric. Default: "65532".
        ports: list of TCP ports that the image exposes, 1 to 65535. Default: none.
        volumes: list of absolute paths of directories that the program may write to. Each directory belongs to `user` and is a volume of
            the configuration. Nothing else is writable, except `/tmp` and the writable directories of the base. Default: none.
        title: label `org.opencontainers.image.title`. Default: `name`.
        description: label `org.opencontainers.image.description`. Default: none.
        licenses: label `org.opencontainers.image.licenses`, an SPDX license expression. Default: "Apache-2.0".
        labels: dict of additional labels, which override the three above. Default: none.
        annotations: dict of annotations of the manifest. Default: none.
        created: time of creation, RFC 3339. Default: that of the base.
        visibility: visibility of the public targets. Default: public.
    """
    image = name + ".image"
    settings = image + "_settings"
    image_settings(
        name = settings,
        annotations = annotations,
        created = created,
        entrypoint = "/" + name,
        env = env,
        args = args,
        image = name,
        labels = {
            key: value
            for key, value in ({
                "org.opencontainers.image.description": description,
                "org.opencontainers.image.licenses": licenses,
                "org.opencontainers.image.title": title or name,
            } | labels).items()
            if value
        },
        ports = ports,
        tags = ["manual"],
        visibility = ["//visibility:private"],
        volumes = volumes,
        **settings_files(name, "output")
    )
    layers = tars + image_layers(name, binary, programs, files, volumes, user)

    # The layer of the stamp is the last one, so the layers below are the same with and without --config=release.
    for suffix, stamp in [("_oci", []), ("_stamped_oci", [Label("//tools/rust:build_info_layer")])]:
        oci_image_rule(
            name = image + suffix,
            base = base,
            tars = layers + stamp,
            tags = ["manual"],
            user = user,
            visibility = ["//visibility:private"],
            workdir = "/",
            **settings_files(
                name,
                "image",
                annotations = annotations,
                cmd = args,
                created = created,
                env = env,
                exposed_ports = ports,
                volumes = volumes,
            )
        )
    release(
        name = image,
        actual = _stamped(image),
        visibility = visibility,
    )
    _unstamped_images(name, visibility)

    _debug_image(name, debug_binary, visibility)

    # The index sets the platform, and `release` keeps it, so its images are the same as `image` with `--platforms`.
    oci_image_index(
        name = name + ".image_index",
        images = [image],
        platforms = [platform.label for platform in IMAGE_PLATFORMS],
        visibility = visibility,
    )
    image_digest(
        name = image + ".digest",
        image = image,
        out = image + ".json.sha256",
        visibility = visibility,
    )
    _loads(name, visibility)
    short_names(
        name,
        ["image", "image.digest", "image_debug", "image_index", "image_index.digest", "load", "load_debug"] +
        ["load_" + platform.architecture for platform in IMAGE_PLATFORMS[1:]],
        visibility = visibility,
    )

def _stamped(image):
    return select({
        Label("//tools/rust:stamped"): image + "_stamped_oci",
        "//conditions:default": image + "_oci",
    })

# For gates: golden files are independent of the commit. A transition of --stamp would compile the program again, because the names of
# output directories depend on its difference from the command line.
def _unstamped_images(name, visibility):
    release(
        name = name + ".image_unstamped",
        actual = name + ".image_oci",
        visibility = visibility,
    )
    oci_image_index_rule(
        name = name + ".image_index_unstamped",
        images = [name + ".image_unstamped"],
        platforms = [platform.label for platform in IMAGE_PLATFORMS],
        visibility = visibility,
    )

def _debug_image(name, debug_binary, visibility):
    oci_image_rule(
        name = name + ".image_debug",
        base = name + ".image",
        env = Label("//platforms/base:busybox_env"),
        tars = [Label("//platforms/base:busybox")] + debug_program_layer(name, debug_binary),
        visibility = visibility,
    )

def _loads(name, visibility):
    tags = settings_files(name, "load")
    oci_load(
        name = name + ".load",
        image = name + ".image",
        loader = _LOADER,
        repo_tags = tags["repo_tags"],
        visibility = visibility,
    )
    oci_load(
        name = name + ".load_debug",
        image = name + ".image_debug",
        loader = _LOADER,
        repo_tags = tags["debug_repo_tags"],
        visibility = visibility,
    )

    # oci_load runs the tar of the target platform, so only the image may have another platform than the host.
    for platform in IMAGE_PLATFORMS[1:]:
        release(
            name = "{}.image_{}".format(name, platform.architecture),
            actual = _stamped(name + ".image"),
            platform = platform.label,
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        oci_load(
            name = "{}.load_{}".format(name, platform.architecture),
            image = "{}.image_{}".format(name, platform.architecture),
            loader = _LOADER,
            repo_tags = tags["repo_tags"],
            visibility = visibility,
        )
