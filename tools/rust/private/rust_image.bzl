"""The image and the image index of a program, and what loads the image into an engine."""

load("@rules_oci//oci:defs.bzl", "oci_image_index", "oci_image_rule", "oci_load")
load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load("//tools/image:defs.bzl", "image_digest")
load(":image_layers.bzl", "debug_program_layer", "image_layers")
load(":image_settings.bzl", "image_settings", "settings_files")
load(":release.bzl", "release")
load(":short_names.bzl", "short_names")

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
    """The image of a program: of any language, built here or not.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_image")

    rust_image(
        name = "proxy",
        binary = ":proxy_binary",
        files = {"proxy.conf": "/etc/proxy.conf"},
        ports = [8080],
    )
    ```

    Targets created, and their short names (`image`, `load`) if the package's directory is named as `name`:

    * `<name>.image`: an OCI layout: the base, `tars`, a layer of `files`, and a layer with the programs and the volumes; runs as `user`
    * `<name>.image_index`: an OCI layout: an index of the image for each of `IMAGE_PLATFORMS`
    * `<name>.image.digest`, `<name>.image_index.digest`: the digest of the manifest and of the index, in `<name>.image.json.sha256`
      and `<name>.image_index.json.sha256`
    * `<name>.image_debug`: the same image, with a layer of busybox in `/busybox` on top; with `-c dbg` and `debug_binary` also with
      the program compiled for a debugger
    * `<name>.load`, `<name>.load_debug`: `bazel run` loads the image into docker, podman or nerdctl as `<name>:latest`, `<name>:debug`
    * `<name>.load_<architecture>`: likewise, for each further platform

    All of them have the release profile. `image` and `image_debug` follow `--platforms`: with
    `--platforms=@thimble//platforms:linux_arm64_musl` they are arm64's. `image_index` always has all platforms.

    Args:
        name: the image, its program and its repository.
        binary: label of the program, which is `/<name>` in the image and its entrypoint.
        debug_binary: label of the same program without a fixed profile, for `-c dbg`; default: none.
        programs: dict of labels of further programs by name; each is `/<name>`.
        files: dict of absolute paths by label: files for root, mode 0444.
        tars: labels of further layers, .tar or .tar.gz; lowest first.
        base: label of an OCI layout that the image is based on, for each platform.
        env: dict of environment variables; `$NAME` is replaced by the base's or an earlier value, as rules_oci does.
        args: arguments of the program by default, the config's `Cmd`; a list.
        user: user of the process, `UID` or `UID:GID`, numeric.
        ports: TCP ports that the image exposes, 1 to 65535; a list.
        volumes: directories that the program may write to, as absolute paths; each is in the image, belongs to `user`, and is a
            volume of its config. Nothing else is writable but /tmp.
        title: label `org.opencontainers.image.title`; default `name`.
        description: label `org.opencontainers.image.description`; default none.
        licenses: label `org.opencontainers.image.licenses`, an SPDX expression; default "Apache-2.0".
        labels: dict of further labels; a key of the three above replaces it.
        annotations: dict of annotations of the manifest.
        created: time of creation, RFC 3339; default: the base's.
        visibility: of the targets.
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
    oci_image_rule(
        name = image + "_oci",
        base = base,
        # With --config=release the stamp goes on top of the image as it is without.
        tars = tars + image_layers(name, binary, programs, files, volumes, user) + select({
            Label("//tools/rust:stamped"): [Label("//tools/rust:build_info_layer")],
            "//conditions:default": [],
        }),
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
        actual = image + "_oci",
        visibility = visibility,
    )

    _debug_image(name, debug_binary, visibility)

    # Each platform first, then `release`, which keeps it: the very images that `image` is with that platform asked for.
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

def _debug_image(name, debug_binary, visibility):
    # Of the image in the release profile: its layer of busybox is for the same platform.
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
        repo_tags = tags["repo_tags"],
        visibility = visibility,
    )
    oci_load(
        name = name + ".load_debug",
        image = name + ".image_debug",
        repo_tags = tags["debug_repo_tags"],
        visibility = visibility,
    )

    # By platform of their own: oci_load runs tar of the target platform, so that --platforms would have to be the machine's.
    for platform in IMAGE_PLATFORMS[1:]:
        release(
            name = "{}.image_{}".format(name, platform.architecture),
            actual = name + ".image_oci",
            platform = platform.label,
            tags = ["manual"],
            visibility = ["//visibility:private"],
        )
        oci_load(
            name = "{}.load_{}".format(name, platform.architecture),
            image = "{}.image_{}".format(name, platform.architecture),
            repo_tags = tags["repo_tags"],
            visibility = visibility,
        )
