"""The gates that every service's image passes."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load(
    "//tools/image:defs.bzl",
    "image_boot_test",
    "image_crates",
    "image_elf_test",
    "image_platform_test",
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

    Targets created: `elf_test`, `structure_test`, `size_test`, `boot_test`; for each platform but the first
    `<architecture>_test`, which is these four on the image in the index; `debug_test`, `crates`, and `gates`: the suite of them
    and `sbom_test`.

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

    first = IMAGE_PLATFORMS[0]
    of = "linux/" + first.architecture
    image_elf_test(
        name = "elf_test",
        binary = name,
        machine = first.cpu,
    )

    image_structure_test(
        name = "structure_test",
        expect = "image.json",
        image = "image",
        mtree = "image.mtree",
        platform = of,
    )

    image_size_test(
        name = "size_test",
        binary = "/" + name,
        image = "image",
        max_binary = max_binary,
        max_compressed = max_compressed,
        max_unpacked = max_unpacked,
        platform = of,
        record = "image.size.json",
        symbols = name + "_symbols",
    )

    image_boot_test(
        name = "boot_test",
        cpu = first.cpu,
        expect_body = expect_body,
        get = get,
        image = "image",
        max_rss = max_rss,
        platform = of,
        port = port,
        ready_seconds = ready_seconds,
        stop_seconds = stop_seconds,
    )

    for platform in IMAGE_PLATFORMS[1:]:
        image_platform_test(
            name = platform.architecture + "_test",
            binary = "/" + name,
            cpu = platform.cpu,
            expect = "image.json",
            expect_body = expect_body,
            get = get,
            image = "image_index",
            max_binary = _with_headroom(max_binary),
            max_compressed = _with_headroom(max_compressed),
            max_rss = max_rss,
            max_unpacked = _with_headroom(max_unpacked),
            mtree = "image.mtree",
            platform = "linux/" + platform.architecture,
            port = port,
            ready_seconds = ready_seconds,
            stop_seconds = stop_seconds,
            update = "structure_test",
        )

    image_twin_test(
        name = "debug_test",
        image = "image_debug",
        of = "image",
    )

    native.test_suite(
        name = "gates",
        tests = ["boot_test", "debug_test", "elf_test", "sbom_test", "size_test", "structure_test"] +
                [platform.architecture + "_test" for platform in IMAGE_PLATFORMS[1:]],
    )

# The same source is a few percent more code on one CPU than on another; the first platform's sizes are recorded.
def _with_headroom(budget):
    if type(budget) == "int":
        return budget * 11 // 10
    return {network: value * 11 // 10 for network, value in budget.items()}
