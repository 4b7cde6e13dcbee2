"""The macro behind `//tools/rust:defs.bzl%rust_service`."""

load(":service_crate.bzl", "service_crate")
load(":service_gates.bzl", "service_gates")
load(":service_image.bzl", "service_image")
load(":service_push.bzl", "service_push")
load(":service_sbom.bzl", "service_sbom")

def rust_service(
        name,
        expect_body,
        max_binary,
        max_compressed,
        max_unpacked,
        get = "/",
        max_rss = 64000000,
        ready_seconds = 10,
        stop_seconds = 10,
        title = None,
        description = "",
        licenses = "Apache-2.0",
        port = 8080,
        volumes = [],
        base = "//platforms/base:static",
        repository = None,
        deps = [],
        visibility = ["//visibility:public"],
        **settings):
    """A service: its crate, its tests and its image, as Cargo.toml beside the BUILD file describes the crate.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_service")

    rust_service(
        name = "hello",
        description = "Answers Hello World.",
        expect_body = "Hello World",
        max_binary = {"closed": 1425000, "open": 1575000},
        max_compressed = {"closed": 980000, "open": 1700000},
        max_unpacked = {"closed": 2355000, "open": 4000000},
        port = 8888,
    )
    ```

    Targets created:

    * `<name>`: the program, static, in the release profile, for the image's platform
    * `<name>_symbols`: the program as it was before it was stripped
    * those of `rust_crate`, where the library is `<name>_lib`
    * `image`: an OCI layout: the base, and one layer with `/<name>`; runs as 65532
    * `image_index`: an OCI layout: an index of the image for each of `IMAGE_PLATFORMS`
    * `image.digest`, `image_index.digest`: the digest of the manifest and of the index, in `image.json.sha256` and
      `image_index.json.sha256`
    * `image_debug`: the same image, with a layer of busybox in `/busybox` on top
    * `load`, `load_debug`: `bazel run` loads the image into docker, podman or nerdctl as `<name>:latest`, `<name>:debug`
    * `load_<architecture>`: likewise, for each further platform
    * `push`: `bazel run` sends the index to `repository`, as `latest`, and then attaches each image's bills to it, by OCI 1.1
      referrers; made if there is a `repository`
    * `elf_test`, `structure_test`, `size_test`, `boot_test`, `debug_test`: the image's gates, and `gates`, all of them;
      `structure_test` holds the image to `image.json` and `image.mtree`, `size_test` to the budgets and to
      `image.size.json`, each of which `bazel run` of the test with `-- --update` writes
    * `sbom`: a folder with `sbom.cdx.json` (CycloneDX) and `sbom.spdx.json` (SPDX): every crate that is linked in, every Debian
      package of the base; the crates are also listed in the program, in cargo-auditable's format
    * `sbom_test`: bills and program agree, and each licence is one that deny.toml allows, on every platform; part of `gates`
    * `<architecture>_test`, also in `gates`: for each further platform the checks of `elf_test`, `structure_test`, `size_test`
      and `boot_test` on its image in the index, in qemu where the machine is another
    * `crates`: `bazel run` prints which crates the program's bytes come from

    With the private ones behind them they are at most 37, and two for each of `tests/`; `tools/e2e/services.sh` checks that.

    `<name>`, `image`, `image_debug` and `sbom` follow `--platforms`: with `--platforms=//platforms:linux_arm64_musl` they are
    arm64's. `image_index` and `push` always have all platforms.

    Args:
        name: the crate, the program and the image's repository; the package's folder is named the same.
        expect_body: what the service answers to `GET <get>`, the whole body.
        max_binary: budget of the program, in bytes, on the first platform; on others 10 % more. An int, or a dict by network
            (`//platforms:closed_network`): the toolchain of the open network and that of the closed one give other sizes.
        max_compressed: budget of the image's layers, gzipped, in bytes; likewise.
        max_unpacked: budget of the image's files, in bytes; likewise.
        get: path of the request that shows that the service works; default `/`.
        max_rss: budget of resident memory once it has answered, in bytes; default 64 MB, which is generous.
        ready_seconds: budget of time until it can be connected to, in seconds; default 10.
        stop_seconds: budget of time from SIGTERM to the end, in seconds; default 10, after which Docker kills.
        title: label `org.opencontainers.image.title`; default `name`.
        description: label `org.opencontainers.image.description`; default none.
        licenses: label `org.opencontainers.image.licenses`, an SPDX expression.
        port: the TCP port that the service listens on and the image exposes, 1 to 65535; default 8080. The chassis's
            operations port, 9090, is exposed besides.
        volumes: folders that the service may write to, as absolute paths; each is in the image, belongs to 65532, and is a
            volume of its config. Nothing else is writable but /tmp. Default none.
        base: label of an OCI layout that the image stands on, there for each platform.
        repository: where the image and its bills are pushed, as in `ghcr.io/my-team/hello`, without tag; default None, no
            `push`.
        deps: labels of libraries that Cargo.toml does not name, as of a `cc_library`.
        visibility: of the program, the image and what goes with it.
        **settings: attributes of `crate_settings`.
    """
    if type(port) != "int" or port < 1 or port > 65535 or port == 9090:
        fail("rust_service '{}': 'port' must be 1 to 65535 and not 9090, the port of operations; found {}".format(name, repr(port)))
    for volume in volumes:
        if not volume.startswith("/") or volume == "/" or volume.endswith("/") or "//" in volume or "/../" in volume + "/":
            fail("rust_service '{}': 'volumes' must be absolute paths, as in \"/data\", found {}".format(name, repr(volume)))

    crate_list = "crate_list"
    program_deps = service_crate(
        name,
        crate_list = crate_list,
        deps = deps,
        settings = settings,
        visibility = visibility,
    )
    service_image(
        name,
        base = base,
        description = description,
        licenses = licenses,
        port = port,
        title = title or name,
        volumes = volumes,
        visibility = visibility,
    )
    service_sbom(
        name,
        base = base,
        crate_list = crate_list,
        deps = program_deps,
        visibility = visibility,
    )
    if repository:
        service_push(
            repository = repository,
            visibility = visibility,
        )
    service_gates(
        name,
        expect_body = expect_body,
        get = get,
        max_binary = max_binary,
        max_compressed = max_compressed,
        max_rss = max_rss,
        max_unpacked = max_unpacked,
        port = port,
        ready_seconds = ready_seconds,
        stop_seconds = stop_seconds,
    )
