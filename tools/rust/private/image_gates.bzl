"""The gates that an image passes."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load(
    "//tools/image:defs.bzl",
    "image_debug_test",
    "image_elf_test",
    "image_platform_test",
    "image_probe_test",
    "image_size_test",
    "image_structure_test",
)
load(":short_names.bzl", "short_suite_name", "short_test_names")

def image_gates(
        name,
        image,
        probe,
        max_compressed,
        max_unpacked,
        binary = None,
        max_binary = None,
        symbols = None,
        max_rss = 64000000,
        port = None,
        ready_seconds = 10,
        stop_seconds = 10,
        tests = [],
        visibility = ["//visibility:public"]):
    """The gates of the image of `rust_image`, tests that need no container engine.

    ```starlark
    load("//tools/rust:defs.bzl", "http_probe", "image_gates")

    image_gates(
        name = "proxy.gates",
        image = "proxy",
        max_compressed = 3000000,
        max_unpacked = 6000000,
        probe = http_probe("ok", path = "/health"),
    )
    ```

    Targets created, and their short names (`boot_test`, `gates`) if the package's directory is named as `image`:

    * `<image>.elf_test`: with `binary`, which has to be static; see `image_elf_test`
    * `<image>.structure_test`: holds the image to `<image>.image.json` and `<image>.image.mtree`
    * `<image>.size_test`: holds it to the budgets, with `binary` also to `<image>.image.size.json`
    * `<image>.boot_test`: with a `probe`
    * `<image>.debug_test`: the debug image is the image with layers on top
    * `<image>.<architecture>_test`: for each further platform all of these on the image in the index, in qemu where the machine has
      another CPU
    * `<name>`: the suite of them and `tests`

    `bazel run` of `<image>.structure_test` and of `<image>.size_test` with `-- --update` writes their files.

    Args:
        name: the suite; `<image>.gates` by convention.
        image: `name` of the `rust_image`, and of its program in the image.
        probe: how the program is tried: `http_probe`, `grpc_probe` or `run_probe`; None: it is not started.
        max_compressed: budget of the image's layers, gzipped, in bytes, on the first platform; on others 10 % more. An int, or
            a dict by network (`//platforms:closed_network`): toolchains and bases of the two networks give other sizes.
        max_unpacked: budget of the image's files, in bytes; likewise.
        binary: label of the program, if it is a static one; default: it may be of any kind.
        max_binary: budget of the program, in bytes; likewise; required with `binary`.
        symbols: label of the Rust program with its symbols, from which `size_test` reports crates; default: none.
        max_rss: budget of resident memory, in bytes; default 64 MB, which is generous.
        port: TCP port that the probe uses; default: the lowest that the image exposes.
        ready_seconds: budget of time until the port can be connected to, in seconds.
        stop_seconds: budget of time from SIGTERM to the end, in seconds; Docker kills after 10.
        tests: labels of further tests for the suite.
        visibility: of the suite.
    """
    if bool(binary) != bool(max_binary):
        fail("image_gates '{}': 'binary' and 'max_binary' go together".format(name))
    first = IMAGE_PLATFORMS[0]
    path = "/" + image
    budgets = struct(binary = max_binary, compressed = max_compressed, unpacked = max_unpacked)
    golden = {
        "expect": image + ".image.json",
        "mtree": image + ".image.mtree",
    }
    probing = {
        "max_rss": max_rss,
        "port": port,
        "probe": probe,
        "ready_seconds": ready_seconds,
        "stop_seconds": stop_seconds,
    }
    _first_platform_tests(image, path, first, binary, budgets, symbols, golden, probing)
    for platform in IMAGE_PLATFORMS[1:]:
        image_platform_test(
            name = "{}.{}_test".format(image, platform.architecture),
            binary = path,
            cpu = platform.cpu,
            image = image + ".image_index",
            is_static = bool(binary),
            max_binary = _with_headroom(budgets.binary),
            max_compressed = _with_headroom(budgets.compressed),
            max_unpacked = _with_headroom(budgets.unpacked),
            platform = "linux/" + platform.architecture,
            update = image + ".structure_test",
            **(golden | probing)
        )
    image_debug_test(
        name = image + ".debug_test",
        image = image + ".image_debug",
        production_image = image + ".image",
    )

    gates = (["elf_test"] if binary else []) + (["boot_test"] if probe else []) + ["debug_test", "size_test", "structure_test"] + [
        platform.architecture + "_test"
        for platform in IMAGE_PLATFORMS[1:]
    ]
    suite = ["{}.{}".format(image, gate) for gate in gates] + tests
    native.test_suite(
        name = name,
        tests = suite,
        visibility = visibility,
    )
    short_test_names(image, gates)
    if name == image + ".gates":
        short_suite_name(image, "gates", suite, visibility)

def _first_platform_tests(name, path, platform, binary, budgets, symbols, golden, probing):
    image = name + ".image"
    os_and_architecture = "linux/" + platform.architecture
    if binary:
        image_elf_test(
            name = name + ".elf_test",
            binary = binary,
            machine = platform.cpu,
        )
    image_structure_test(
        name = name + ".structure_test",
        image = image,
        platform = os_and_architecture,
        **golden
    )
    image_size_test(
        name = name + ".size_test",
        binary = path if binary else None,
        image = image,
        max_binary = budgets.binary,
        max_compressed = budgets.compressed,
        max_unpacked = budgets.unpacked,
        platform = os_and_architecture,
        record = name + ".image.size.json" if binary else None,
        symbols = symbols,
    )
    if probing["probe"]:
        image_probe_test(
            name = name + ".boot_test",
            cpu = platform.cpu,
            image = image,
            platform = os_and_architecture,
            **probing
        )

# The same source is a few percent more code on one CPU than on another; the first platform's sizes are recorded.
def _with_headroom(budget):
    if type(budget) == "dict":
        return {network: value * 11 // 10 for network, value in budget.items()}
    return budget * 11 // 10 if budget else None
