"""The macro that declares the gates of an image."""

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
    """Declares the gates of an image of `rust_image`: tests that need no container engine.

    `bazel run` of `<image>.structure_test` and of `<image>.size_test` with `-- --update` writes their golden files.

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

    Targets created, each with a short name (`boot_test`, `gates`) if the directory of the package is named like `image`:

    * `<image>.elf_test`: with `binary`, an `image_elf_test`
    * `<image>.structure_test`: an `image_structure_test` with the golden files `<image>.image.json` and `<image>.image.mtree`
    * `<image>.size_test`: an `image_size_test` with the budgets and, with `binary`, the recorded sizes in `<image>.image.size.json`
    * `<image>.boot_test`: with `probe`, an `image_probe_test`
    * `<image>.debug_test`: an `image_debug_test` of `<image>.image_debug`
    * `<image>.<architecture>_test`: for each other platform an `image_platform_test` of the image in the index, under qemu if the machine
      has another CPU
    * `<name>`: the test suite of the gates and `tests`

    Args:
        name: name of the test suite; `<image>.gates` by convention.
        image: `name` of the `rust_image`, and of its program in the image.
        probe: result of `http_probe`, `grpc_probe` or `run_probe`. With None the program is not started.
        max_compressed: budget of the image's layers, compressed, in bytes: an int, or a dict of ints by network
            (`//platforms:closed_network`), because the toolchains and bases of the two networks differ. The budget applies to the first
            platform; the others have 10 % more.
        max_unpacked: budget of the image's files, in bytes: an int, or a dict of ints by network. Other platforms have 10 % more.
        binary: label of the program, which must be static. Required with `max_binary`. Default: none; the program is not checked.
        max_binary: budget of the program, in bytes: an int, or a dict of ints by network. Other platforms have 10 % more. Required with
            `binary`.
        symbols: label of the Rust program with its symbols, from which `size_test` reports crates. Default: none.
        max_rss: budget of resident memory, in bytes; an int. Default: 64000000.
        port: TCP port of the probe. Default: the lowest port that the image exposes.
        ready_seconds: time limit until the port accepts connections, in seconds; an int. Default: 10.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; an int. Default: 10, after which Docker kills a container.
        tests: labels of additional tests for the suite. Default: none.
        visibility: visibility of the suite. Default: public.
    """
    if bool(binary) != bool(max_binary):
        fail("//{}:{}: missing attribute '{}': expected both 'binary' and 'max_binary', or neither".format(
            native.package_name(),
            name,
            "max_binary" if binary else "binary",
        ))
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
            image = image + ".image_index_unstamped",
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
    image = name + ".image_unstamped"
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

# Code size differs between CPUs by a few percent, and only the sizes of the first platform are recorded.
def _with_headroom(budget):
    if type(budget) == "dict":
        return {network: value * 11 // 10 for network, value in budget.items()}
    return budget * 11 // 10 if budget else None
