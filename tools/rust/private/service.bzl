"""The macro behind `rust_service`, `rust_grpc_service` and `rust_job`: the crate of a program, its image, SBOMs, push and gates."""

load(":image_gates.bzl", "image_gates")
load(":image_push.bzl", "image_push")
load(":image_sbom.bzl", "image_sbom")
load(":rust_image.bzl", "rust_image")
load(":service_crate.bzl", "service_crate")

# Attributes that are passed to `rust_image`. The others, except the parameters of `service`, are passed to `crate_settings`.
_IMAGE_ATTRIBUTES = [
    "annotations",
    "args",
    "created",
    "description",
    "env",
    "files",
    "labels",
    "licenses",
    "tars",
    "title",
    "user",
    "volumes",
]

def service(
        name,
        probe,
        max_binary,
        max_compressed,
        max_unpacked,
        ports,
        port = None,
        max_rss = 64000000,
        ready_seconds = 10,
        stop_seconds = 10,
        programs = [],
        base = Label("//platforms/base:static"),
        repository = None,
        deps = [],
        library_visibility = None,
        visibility = ["//visibility:public"],
        **attributes):
    """Declares all targets of a program that ships as an image, from the Cargo.toml in the directory of the BUILD file.

    Targets created:

    * `<name>`: the program in the configuration of the command line, for `bazel run`
    * `<name>.release`: the program of the image, static, in the release profile, for an image platform
    * `<name>.symbols`: the same program before stripping, with symbols and line tables for a debugger
    * `<name>.size_report`: `bazel run` prints the size of each crate in the program
    * `<name>.sbom`: a directory with `sbom.cdx.json` (CycloneDX) and `sbom.spdx.json` (SPDX), which list every linked crate and every
      Debian package of the base. The program contains the list of crates, too, in the format of cargo-auditable
    * `<name>.sbom_test`: one of the gates; checks that SBOMs and program agree, and that the workspace's policy allows each license
    * those of `rust_crate`, where the library is `<name>_lib`
    * those of `rust_image`, `image_push` (`<name>.push`) and `image_gates` (`<name>.gates`)

    Args:
        name: name of the crate, of its program, and of the repository of the image. Fails if Cargo.toml has no such program.
        probe: result of `http_probe`, `grpc_probe` or `run_probe`.
        max_binary: budget of the program, in bytes, as in `image_gates`.
        max_compressed: budget of the image's compressed layers, in bytes, as in `image_gates`.
        max_unpacked: budget of the image's files, in bytes, as in `image_gates`.
        ports: list of TCP ports that the image exposes, 1 to 65535.
        port: TCP port of the probe. Default: the lowest of `ports`.
        max_rss: budget of resident memory, in bytes; an int. Default: 64000000.
        ready_seconds: time limit until the port accepts connections, in seconds; an int. Default: 10.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; an int. Default: 10.
        programs: list of names of other programs of the crate to add to the image, each as `/<program>`. Default: none.
        base: label of the OCI layout of the base image, which must exist for each platform. Default: distroless/static.
        repository: repository to push to, as in `image_push`. Default: `name`.
        deps: labels of libraries that are not in Cargo.toml, such as a `cc_library`. Default: none.
        library_visibility: visibility of the crate's library, for members of the workspace that depend on it. Default: the package's.
        visibility: visibility of the other public targets. Default: public.
        **attributes: `annotations`, `args`, `created`, `description`, `env`, `files`, `labels`, `licenses`, `tars`, `title`, `user` and
            `volumes` of `rust_image`, and the attributes of `crate_settings`.
    """
    image = {key: attributes.pop(key) for key in _IMAGE_ATTRIBUTES if key in attributes}
    crate_list = name + ".crate_list"
    crate = service_crate(
        name,
        crate_list = crate_list,
        deps = deps,
        library_visibility = library_visibility,
        programs = programs,
        settings = attributes,
        visibility = visibility,
    )
    rust_image(
        name = name,
        base = base,
        binary = name + ".release",
        debug_binary = name,
        ports = ports,
        programs = crate.programs,
        visibility = visibility,
        **image
    )
    image_sbom(
        name,
        base = base,
        binary = name + ".release",
        crate_list = crate_list,
        deps = crate.deps,
        visibility = visibility,
    )
    image_push(
        name = name + ".push",
        image = name,
        repository = repository,
        sbom = name + ".sbom",
        visibility = visibility,
    )
    image_gates(
        name = name + ".gates",
        binary = name + ".release",
        image = name,
        max_binary = max_binary,
        max_compressed = max_compressed,
        max_rss = max_rss,
        max_unpacked = max_unpacked,
        port = port,
        probe = probe,
        ready_seconds = ready_seconds,
        stop_seconds = stop_seconds,
        symbols = name + ".symbols",
        tests = [name + ".sbom_test"],
        visibility = visibility,
    )
