"""The gates of an image: tests that need no container engine."""

load(
    ":arguments.bzl",
    "elf_arguments",
    "emulator_arguments",
    "emulator_data",
    "probe_arguments",
    "run_command",
    "size_arguments",
    "structure_arguments",
)
load(":check_test.bzl", "check_test")

# Image layouts are built for Linux; the checks read them anywhere, but only Linux can boot one.
_LINUX = [Label("@platforms//os:linux")]

def image_elf_test(name, binary, machine = "x86_64", **kwargs):
    """The program is a static, position-independent, stripped executable: no interpreter, no NEEDED, RELRO, no executable stack.

    On the open network a program for aarch64 may have a fixed address, as Rust's own target for musl links it.

    Args:
        name: of the test.
        binary: label of the program.
        machine: `x86_64` or `aarch64`.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = elf_arguments("$(rootpath {})".format(binary), machine),
        check = "elf",
        data = [binary],
        **kwargs
    )

def image_structure_test(name, image, expect, mtree = None, platform = None, **kwargs):
    """The image's blobs are intact, it keeps the rules for a production image, and it is what checked-in files say.

    The rules: its user is not root, it holds no shell and nothing setuid, and its user can write to nothing but `/tmp` and
    what `expect` names. `bazel run` of the test with `-- --update` writes the files that would pass.

    Args:
        name: of the test.
        image: label of an OCI layout.
        expect: label of a JSON file: the config, and what is excepted from the rules.
        mtree: label of a listing, as in mtree(5), of the files above the base; default: they are not compared.
        platform: what the image is for, as in `linux/amd64`, where `expect` serves images of several platforms; also which
            image of an index; default: what `expect` says.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = structure_arguments(image, expect, mtree, platform),
        check = "structure",
        image = image,
        data = [image, expect] + ([mtree] if mtree else []),
        **kwargs
    )

def image_size_test(
        name,
        image,
        max_unpacked,
        max_compressed,
        binary = None,
        max_binary = None,
        record = None,
        symbols = None,
        platform = None,
        **kwargs):
    """The image keeps its budgets and is near the sizes that are checked in; the test prints a ledger of layers and files.

    A test that fails also prints the crates that most of the program's bytes come from, and which crates and features are new
    since `record`, with the Cargo.toml files that ask for them.

    Args:
        name: of the test.
        image: label of an OCI layout.
        max_unpacked: bytes of all files: an int, or a dict by network (`//platforms:closed_network`), as in
            `{"closed": 2350000, "open": 4000000}`, because compilers, standard library and bases differ.
        max_compressed: bytes of all layers, gzipped; likewise.
        binary: absolute path in the image of the program that `max_binary` and `record` are about.
        max_binary: bytes of that program; likewise; default: any.
        record: label of a JSON file of sizes, by network, that the program and the layers above the base may leave by 1 % or
            4096 bytes, whichever is more; default: none. Not compared if the file has none for the network, or if the program
            is built with another compiler or linker than the file says. `bazel run` of the test with `-- --update` writes it.
        symbols: label of the program as it was before it was stripped; default: none, and no crates.
        platform: which image of an index, as in `linux/amd64`; default: `image` has one.
        **kwargs: common to tests, and `expected_failure`.
    """
    if (max_binary or record) and not binary:
        fail("image_size_test '{}': 'max_binary' and 'record' need 'binary', the program's path in the image".format(name))
    check_test(
        name = name,
        size = "small",
        arguments = size_arguments(image, max_unpacked, max_compressed, binary, max_binary, record, symbols, platform),
        check = "size",
        image = image,
        data = [image] + [file for file in [record, symbols] if file],
        program = symbols,
        **kwargs
    )

def image_debug_test(name, image, of, **kwargs):
    """An image is another one with layers on top: the lower layers have the same digests, and it starts the same.

    Args:
        name: of the test.
        image: label of an OCI layout, the one with more layers.
        of: label of an OCI layout.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(image),
            "--of",
            "$(rootpath {})".format(of),
        ],
        check = "debug",
        data = [image, of],
        **kwargs
    )

def image_boot_test(
        name,
        image,
        probe_path,
        probe_body,
        env = {},
        port = None,
        ready_seconds = 10,
        stop_seconds = 10,
        max_rss = None,
        cpu = "x86_64",
        platform = None,
        **kwargs):
    """The image starts in namespaces as its own user, with a read-only root, answers, and ends on SIGTERM.

    Where the test runs on another CPU than the image's, the image's program runs under qemu, which translates every
    instruction first: `max_rss` is not checked then, and the budgets of time are six times as long. On a machine without
    the emulator such a test is SKIPPED; `@emulators` says so, and how to get it.

    Args:
        name: of the test.
        image: label of an OCI layout.
        probe_path: path of the GET request, a string.
        probe_body: the complete body of the response, whose status must be 200; a string.
        env: dict of variables beside the image's own, by name; default none.
        port: the TCP port that it is asked on; default: the lowest that the image exposes.
        ready_seconds: budget of time until the port can be connected to, in seconds; an int, default 10.
        stop_seconds: budget of time from SIGTERM to the end, in seconds; an int, default 10.
        max_rss: budget of resident memory once it has answered, in bytes; an int; default: any.
        cpu: the image's, as `@platforms//cpu` names it.
        platform: which image of an index, as in `linux/amd64`; default: `image` has one.
        **kwargs: common to tests, and `expected_failure`.
    """
    image_probe_test(
        name = name,
        cpu = cpu,
        env = env,
        image = image,
        max_rss = max_rss,
        platform = platform,
        port = port,
        probe = struct(arguments = ["--probe-path", probe_path, "--probe-body", probe_body], check = "boot"),
        ready_seconds = ready_seconds,
        stop_seconds = stop_seconds,
        **kwargs
    )

def image_probe_test(
        name,
        image,
        probe,
        env = {},
        port = None,
        ready_seconds = 10,
        stop_seconds = 10,
        max_rss = None,
        cpu = "x86_64",
        platform = None,
        **kwargs):
    """The image starts as by `image_boot_test` and works as a probe finds, or runs to its end.

    Args:
        name: of the test.
        image: label of an OCI layout.
        probe: one of `http_probe`, `grpc_probe` and `run_probe` of `//tools/rust:defs.bzl`.
        env: see `image_boot_test`.
        port: see `image_boot_test`.
        ready_seconds: see `image_boot_test`; not of `run_probe`.
        stop_seconds: see `image_boot_test`; not of `run_probe`.
        max_rss: see `image_boot_test`.
        cpu: the image's, as `@platforms//cpu` names it.
        platform: which image of an index, as in `linux/amd64`; default: `image` has one.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = probe_arguments(image, probe, env, port, ready_seconds, stop_seconds, max_rss, cpu, platform),
        check = probe.check,
        data = [image] + emulator_data(cpu),
        target_compatible_with = _LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )

def image_output_test(name, images, expect, **kwargs):
    """Images of programs that write a line and end, run as by `image_boot_test`; the test prints the table.

    Args:
        name: of the test.
        images: dict: the label of an OCI layout, and the CPU it is for, as `@platforms//cpu` names it.
        expect: label of a text file: a header, and a line for each image.
        **kwargs: common to tests, and `expected_failure`.
    """
    arguments, data = ["--expect", "$(rootpath {})".format(expect)], [expect]
    for image, cpu in images.items():
        arguments = arguments + ["$(rootpath {})".format(image)] + emulator_arguments(cpu)
        data = data + [image] + emulator_data(cpu)
    check_test(
        name = name,
        size = "small",
        arguments = arguments,
        check = "output",
        data = data,
        target_compatible_with = _LINUX,
        **kwargs
    )

def image_platform_test(
        name,
        image,
        platform,
        cpu,
        binary,
        expect,
        probe,
        max_unpacked,
        max_compressed,
        max_binary = None,
        is_static = True,
        mtree = None,
        update = None,
        env = {},
        port = None,
        ready_seconds = 10,
        stop_seconds = 10,
        max_rss = None,
        **kwargs):
    """The image of one platform of an index passes as by `image_elf_test`, `image_structure_test`, `image_size_test` and `image_probe_test`.

    All of them run, whatever the first ones say, and the last line of the output names each with its outcome. Where there is no
    emulator for the image's CPU, all of the test is SKIPPED.

    Args:
        name: of the test.
        image: label of an OCI layout, of an image index.
        platform: which image of the index, as in `linux/arm64`.
        cpu: the image's, as `@platforms//cpu` names it.
        binary: absolute path in the image of the program.
        expect: label of a JSON file, as in `image_structure_test`.
        probe: see `image_probe_test`; None: the image is not started.
        max_unpacked: bytes of all files, as in `image_size_test`.
        max_compressed: bytes of all layers, gzipped; likewise.
        max_binary: bytes of the program; likewise; default: any.
        is_static: whether `image_elf_test` applies.
        mtree: label of a listing, as in `image_structure_test`; default: the files are not compared.
        update: label of the `image_structure_test` that writes `expect` and `mtree`, which a failure names; default: none.
        env: dict of variables beside the image's own, by name; default none.
        port: the TCP port that it is asked on; default: the lowest that the image exposes.
        ready_seconds: budget of time until the port can be connected to, in seconds; an int, default 10.
        stop_seconds: budget of time from SIGTERM to the end, in seconds; an int, default 10.
        max_rss: budget of resident memory once it has answered, in bytes; an int; default: any.
        **kwargs: common to tests, and `expected_failure`.
    """
    structure = structure_arguments(image, expect, mtree, platform)
    if update:
        structure.extend(["--update-command", run_command(update) + " -- --update"])
    elf = elf_arguments(binary, cpu) + ["--image", "$(rootpath {})".format(image), "--platform", platform]
    elf = ["elf"] + elf + ["--"] if is_static else []
    boot = []
    if probe:
        boot = ["--", probe.check] + probe_arguments(image, probe, env, port, ready_seconds, stop_seconds, max_rss, cpu, platform)
    check_test(
        name = name,
        size = "small",
        arguments = elf + ["structure"] + structure + ["--", "size"] +
                    size_arguments(image, max_unpacked, max_compressed, binary, max_binary, None, None, platform) + boot,
        check = "all",
        image = image,
        data = [image, expect] + ([mtree] if mtree else []) + emulator_data(cpu),
        target_compatible_with = _LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )
