"""The macro behind `//tools/rust:defs.bzl%rust_service`."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_load")
load("@rules_pkg//:pkg.bzl", "pkg_tar")
load("@rules_rust//rust:defs.bzl", "rust_binary", "rust_library", "rust_test")
load("//tools/image:defs.bzl", "image_boot_test", "image_elf_test", "image_size_test", "image_structure_test")
load(":profile.bzl", "BINARY_FLAGS")
load(":release.bzl", "release", "release_binary")

def rust_service(
        name,
        expect_body,
        max_unpacked,
        max_compressed,
        get = "/",
        title = None,
        description = "",
        licenses = "Apache-2.0",
        port = 8080,
        base = "//platforms/base:static",
        deps = [],
        visibility = ["//visibility:public"]):
    """A service: its crate, its tests and its image, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_service")

    rust_service(
        name = "hello",
        description = "Answers Hello World.",
        expect_body = "Hello World",
        max_compressed = 800000,
        max_unpacked = 2100000,
        port = 8888,
    )
    ```

    Targets created:

    * `<name>`: the program, static, in the release profile, for the image's platform
    * `<name>_lib`, `<name>_test`: the library crate and its unit tests
    * `<name>_<file>_test`: one for each `tests/<file>.rs`, with the program as `CARGO_BIN_EXE_<name>`
    * `image`: an OCI layout: the base, and one layer with `/<name>`; runs as 65532
    * `image.digest`: the digest of its manifest, in `image.json.sha256`
    * `load`: `bazel run` gives the image to docker, podman or nerdctl as `<name>:latest`
    * `elf_test`, `structure_test`, `size_test`, `boot_test`: the image's gates; `structure_test` holds it to `image.json`

    Args:
        name: the crate, the program and the image's repository; the package's folder is named the same.
        expect_body: what the service answers to `GET <get>`, the whole body.
        max_unpacked: budget of the image's files, in bytes.
        max_compressed: budget of the image's layers, gzipped, in bytes.
        get: path of the request that shows that the service works; default `/`.
        title: label `org.opencontainers.image.title`; default `name`.
        description: label `org.opencontainers.image.description`; default none.
        licenses: label `org.opencontainers.image.licenses`, an SPDX expression.
        port: the TCP port that the image exposes, 1 to 65535; default 8080.
        base: label of an OCI layout that the image stands on.
        deps: labels of first-party crates; those of Cargo.toml come by themselves.
        visibility: of the program, the image and what goes with it.
    """
    if type(port) != "int" or port < 1 or port > 65535:
        fail("rust_service '{}': 'port' must be 1 to 65535, found {}".format(name, repr(port)))

    rust_library(
        name = name + "_lib",
        srcs = native.glob(["src/**/*.rs"], exclude = ["src/main.rs"]),
        aliases = aliases(),
        crate_name = name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        deps = deps + all_crate_deps(normal = True),
    )

    rust_test(
        name = name + "_test",
        size = "small",
        aliases = aliases(normal_dev = True),
        crate = name + "_lib",
        proc_macro_deps = all_crate_deps(proc_macro_dev = True),
        deps = all_crate_deps(normal_dev = True),
    )

    program = name + "_bin"
    rust_binary(
        name = program,
        srcs = ["src/main.rs"],
        aliases = aliases(),
        crate_name = name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_flags = select({
            "//tools/rust:opt_musl": BINARY_FLAGS,
            "//conditions:default": [],
        }),
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = [name + "_lib"] + all_crate_deps(normal = True),
    )

    for test in native.glob(["tests/*.rs"], allow_empty = True):
        stem = test.removeprefix("tests/").removesuffix(".rs")
        rust_test(
            name = "{}_{}_test".format(name, stem),
            size = "small",
            srcs = [test],
            aliases = aliases(normal = True, normal_dev = True),
            crate_root = test,
            data = [program],
            proc_macro_deps = all_crate_deps(proc_macro = True, proc_macro_dev = True),
            rustc_env = {"CARGO_BIN_EXE_" + name: "$(rootpath {})".format(program)},
            deps = [name + "_lib"] + all_crate_deps(normal = True, normal_dev = True),
        )

    release_binary(
        name = name,
        actual = program,
        visibility = visibility,
    )

    _image(name, title or name, description, licenses, port, base, program, visibility)

    image_elf_test(
        name = "elf_test",
        binary = name,
    )
    image_structure_test(
        name = "structure_test",
        expect = "image.json",
        image = "image",
    )
    image_size_test(
        name = "size_test",
        image = "image",
        max_compressed = max_compressed,
        max_unpacked = max_unpacked,
    )
    image_boot_test(
        name = "boot_test",
        expect_body = expect_body,
        get = get,
        image = "image",
    )

def _image(name, title, description, licenses, port, base, program, visibility):
    pkg_tar(
        name = "image_layer",
        extension = "tar.gz",
        files = {program: name},
        mode = "0555",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    labels = {
        "org.opencontainers.image.description": description,
        "org.opencontainers.image.licenses": licenses,
        "org.opencontainers.image.title": title,
    }
    oci_image(
        name = "image_oci",
        base = base,
        entrypoint = ["/" + name],
        exposed_ports = ["{}/tcp".format(port)],
        labels = {key: value for key, value in labels.items() if value},
        tags = ["manual"],
        tars = ["image_layer"],
        user = "65532",
        visibility = ["//visibility:private"],
        workdir = "/",
    )

    release(
        name = "image",
        actual = "image_oci",
        visibility = visibility,
    )

    release(
        name = "image.digest",
        actual = "image_oci.digest",
        out = "image.json.sha256",
        visibility = visibility,
    )

    oci_load(
        name = "load",
        image = "image",
        repo_tags = [name + ":latest"],
        visibility = visibility,
    )
