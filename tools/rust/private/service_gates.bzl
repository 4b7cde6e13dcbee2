"""The gates that every service's image passes."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
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
        port,
        ready_seconds,
        stop_seconds):
    """The gates of the service `name`.

    Targets created: `elf_test`, `structure_test`, `size_test`, `boot_test`, for each platform but the first
    `<gate>_<architecture>_test`, on the image in the index, `debug_test`, `crates`, and `gates`: the suite of them and
    `sbom_test`.

    Args:
        name: the service, and the target of its program in the release profile.
        expect_body: what the service answers to `GET <get>`, the whole body.
        get: path of the request that shows that the service works.
        max_binary: budget of the program, in bytes; of all platforms but the first 10 % more.
        max_compressed: budget of the image's layers, gzipped, in bytes; likewise.
        max_unpacked: budget of the image's files, in bytes; likewise.
        max_rss: budget of resident memory, in bytes.
        port: the TCP port that `get` is asked on.
        ready_seconds: budget of time until the service can be connected to, in seconds.
        stop_seconds: budget of time from SIGTERM to the end, in seconds.
    """
    image_crates(
        name = "crates",
        binary = name + "_symbols",
        tags = ["manual"],
    )

    tests = ["debug_test", "sbom_test"]
    for number, platform in enumerate(IMAGE_PLATFORMS):
        suffix = "_" + platform.architecture if number else ""
        image = "image_index" if number else "image"
        of = "linux/" + platform.architecture
        tests.extend([gate + suffix + "_test" for gate in ["boot", "elf", "size", "structure"]])

        image_elf_test(
            name = "elf{}_test".format(suffix),
            binary = name + suffix,
            machine = platform.cpu,
        )

        image_structure_test(
            name = "structure{}_test".format(suffix),
            expect = "image.json",
            image = image,
            mtree = "image.mtree",
            platform = of,
        )

        # The same source is a few percent more code on one CPU than on another; the first platform's sizes are recorded.
        image_size_test(
            name = "size{}_test".format(suffix),
            binary = "/" + name,
            image = image,
            max_binary = _budget(max_binary, number),
            max_compressed = _budget(max_compressed, number),
            max_unpacked = _budget(max_unpacked, number),
            platform = of,
            record = None if number else "image.size.json",
            symbols = name + "_symbols" + suffix,
        )

        image_boot_test(
            name = "boot{}_test".format(suffix),
            cpu = platform.cpu,
            expect_body = expect_body,
            get = get,
            image = image,
            max_rss = max_rss,
            platform = of,
            port = port,
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
        tests = tests,
    )

def _budget(bytes, number):
    return bytes * 11 // 10 if number else bytes
