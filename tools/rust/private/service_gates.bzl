"""The gates that every service's image passes."""

load(
    "//tools/image:defs.bzl",
    "image_boot_test",
    "image_crates",
    "image_elf_test",
    "image_size_test",
    "image_structure_test",
    "image_twin_test",
)

def service_gates(
        name,
        expect_body,
        get,
        max_binary,
        max_compressed,
        max_unpacked,
        max_rss,
        ready_seconds,
        stop_seconds):
    """The gates of the service `name`.

    Targets created: `elf_test`, `structure_test`, `size_test`, `boot_test`, `debug_test`, `crates`, and `gates`:
    the suite of them and `sbom_test`.

    Args:
        name: the service, and the target of its program in the release profile.
        expect_body: what the service answers to `GET <get>`, the whole body.
        get: path of the request that shows that the service works.
        max_binary: budget of the program, in bytes.
        max_compressed: budget of the image's layers, gzipped, in bytes.
        max_unpacked: budget of the image's files, in bytes.
        max_rss: budget of resident memory, in bytes.
        ready_seconds: budget of time until the service can be connected to, in seconds.
        stop_seconds: budget of time from SIGTERM to the end, in seconds.
    """
    image_elf_test(
        name = "elf_test",
        binary = name,
    )

    image_structure_test(
        name = "structure_test",
        expect = "image.json",
        image = "image",
        mtree = "image.mtree",
    )

    image_crates(
        name = "crates",
        binary = name + "_symbols",
        tags = ["manual"],
    )

    image_size_test(
        name = "size_test",
        binary = "/" + name,
        crates = "crates",
        image = "image",
        max_binary = max_binary,
        max_compressed = max_compressed,
        max_unpacked = max_unpacked,
        record = "image.size.json",
    )

    image_boot_test(
        name = "boot_test",
        expect_body = expect_body,
        get = get,
        image = "image",
        max_rss = max_rss,
        ready_seconds = ready_seconds,
        stop_seconds = stop_seconds,
    )

    image_twin_test(
        name = "debug_test",
        image = "image_debug",
        of = "image",
    )

    native.test_suite(
        name = "gates",
        tests = [
            "boot_test",
            "debug_test",
            "elf_test",
            "sbom_test",
            "size_test",
            "structure_test",
        ],
    )
