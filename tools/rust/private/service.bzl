"""A program of the Cargo workspace, its image and its gates: what `rust_service`, `rust_grpc_service` and `rust_job` compose."""

load(":image_gates.bzl", "image_gates")
load(":image_push.bzl", "image_push")
load(":image_sbom.bzl", "image_sbom")
load(":rust_image.bzl", "rust_image")
load(":service_crate.bzl", "service_crate")

# Attributes that are handed on to `rust_image`; all that are not named here or below are those of `crate_settings`.
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
    """A program, as Cargo.toml beside the BUILD file describes its crate, with tests, image, SBOMs, push and gates.

    Targets created:

    * `<name>`: the program in the configuration of the command line, for `bazel run`
    * `<name>.release`: the program of the image, static, in the release profile, for the image's platform
    * `<name>.symbols`: the same before it was stripped, with symbols and line tables for a debugger
    * `<name>.size_report`: `bazel run` prints which crates the program's bytes come from
    * those of `rust_crate`, where the library is `<name>_lib`
    * those of `rust_image`, `image_push` and `image_gates`
    * `<name>.sbom`: a directory with `sbom.cdx.json` (CycloneDX) and `sbom.spdx.json` (SPDX): every crate that is linked in, every Debian
      package of the base; the crates are also listed in the program, in cargo-auditable's format
    * `<name>.sbom_test`, one of the gates: SBOMs and program agree, and each license is one that the workspace's policy allows

    Args:
        name: the crate, the program and the image's repository.
        probe: how the gates try the program; see probes.bzl.
        max_binary: budget of the program, in bytes; see `image_gates`.
        max_compressed: budget of the image's layers, in bytes; see `image_gates`.
        max_unpacked: budget of the image's files, in bytes; see `image_gates`.
        ports: TCP ports that the image exposes; a list.
        port: TCP port that the probe uses; default: the lowest of `ports`.
        max_rss: budget of resident memory, in bytes; see `image_gates`.
        ready_seconds: see `image_gates`.
        stop_seconds: see `image_gates`.
        programs: names of further programs of the crate for the image; each is `/<program>`.
        base: label of an OCI layout that the image is based on, for each platform.
        repository: see `image_push`.
        deps: labels of libraries that Cargo.toml does not name, as of a `cc_library`.
        library_visibility: of the library, for members of the workspace that depend on it; default the package's.
        visibility: of the program, the image and what goes with it.
        **attributes: those of `rust_image` (`files`, `tars`, `env`, `args`, `user`, `volumes`, `title`, `description`, `licenses`, `labels`,
            `annotations`, `created`), and those of `crate_settings`.
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
