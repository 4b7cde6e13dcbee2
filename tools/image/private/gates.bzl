"""The gates of an image: tests that run `image_check` and need no container engine."""

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

# Checks that boot an image need the namespaces of Linux. The other checks run on every machine.
_LINUX = [Label("@platforms//os:linux")]

def image_elf_test(name, binary, machine = "x86_64", **kwargs):
    """Checks that a program is a static, position-independent, hardened and stripped ELF executable.

    The program must have no interpreter, no NEEDED entry, no executable stack, no segment that is both writable and executable, and
    no path of the build; it must have RELRO. On the open network a program for aarch64 may have a fixed address, because Rust's own
    musl target links it that way.

    ```starlark
    load("//tools/image:defs.bzl", "image_elf_test")

    image_elf_test(
        name = "elf_test",
        binary = ":hello.release",
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        binary: label of the program.
        machine: CPU of the program, `x86_64` or `aarch64`. Default: `x86_64`.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
    """Checks the blobs of an image against their digests, the image against the rules for production, and its content against golden files.

    The rules: the user is not root, there is no shell and no setuid file, and the user can write only to `/tmp` and to the paths that
    `expect` lists in `allow_writable`. `bazel run` of the test with `-- --update` writes golden files that pass.

    ```starlark
    load("//tools/image:defs.bzl", "image_structure_test")

    image_structure_test(
        name = "structure_test",
        expect = "hello.image.json",
        image = ":image",
        mtree = "hello.image.mtree",
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of an OCI layout.
        expect: label of a JSON file with the expected configuration and the exceptions to the rules; its keys are in docs/gates.md.
        mtree: label of the expected list of files above the base, in the format of mtree(5). Default: the files are not compared.
        platform: expected platform, as in `linux/amd64`, which overrides that of `expect`; it also selects the image of an index.
            Default: the platform in `expect`.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
    """Checks the sizes of an image against budgets and recorded sizes, and prints a table of its layers and files.

    A test that fails also prints the largest crates in the program, and the crates and features that are new since `record`, with the
    Cargo.toml files that request them.

    ```starlark
    load("//tools/image:defs.bzl", "image_size_test")

    image_size_test(
        name = "size_test",
        image = ":image",
        max_compressed = 1000000,
        max_unpacked = 2500000,
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of an OCI layout.
        max_unpacked: budget of all files, in bytes: an int, or a dict of ints by network (`//platforms:closed_network`), as in
            `{"closed": 2350000, "open": 4000000}`, because compilers, standard libraries and base images differ.
        max_compressed: budget of all layers, in bytes: an int, or a dict of ints by network. An uncompressed layer counts as compressed
            by `gzip -9`.
        binary: absolute path in the image of the program that `max_binary` and `record` measure. Required with either.
        max_binary: budget of that program, in bytes: an int, or a dict of ints by network. Default: no budget.
        record: label of a JSON file of recorded sizes, by network. The program and the layers above the base may differ from them by
            the larger of 1 % and 4096 bytes. The sizes are not compared if the file has none for the network, or if it names
            another compiler or linker than the program. `bazel run` of the test with `-- --update` writes the file. Default: none.
        symbols: label of the program with its symbols, for the sizes of crates. Default: none; no crates are printed.
        platform: platform of the image in an index, as in `linux/amd64`. Default: none; `image` must contain one image.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
    """
    if (max_binary or record) and not binary:
        fail("//{}:{}: missing attribute 'binary': 'max_binary' and 'record' need the program's path in the image".format(
            native.package_name(),
            name,
        ))
    check_test(
        name = name,
        size = "small",
        arguments = size_arguments(name, image, max_unpacked, max_compressed, binary, max_binary, record, symbols, platform),
        check = "size",
        image = image,
        data = [image] + [file for file in [record, symbols] if file],
        program = symbols,
        **kwargs
    )

def image_debug_test(name, image, production_image, **kwargs):
    """Checks that a debug image is the production image with layers on top.

    The lower layers must have the same digests. User, entrypoint, Cmd, working directory, ports, volumes, stop signal and the environment
    except PATH must agree.

    ```starlark
    load("//tools/image:defs.bzl", "image_debug_test")

    image_debug_test(
        name = "debug_test",
        image = ":image_debug",
        production_image = ":image",
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of the OCI layout of the debug image.
        production_image: label of the OCI layout of the production image.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(image),
            "--of",
            "$(rootpath {})".format(production_image),
        ],
        check = "debug",
        data = [image, production_image],
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
    """Starts an image and checks that it responds to a GET request and exits with 0 on SIGTERM.

    The image runs in new namespaces as its own user, with a read-only root. If the machine has another CPU than the image, the program
    runs under qemu, which translates its instructions: `max_rss` is not checked, and the time limits are six times as long. On a
    machine without the emulator the test is SKIPPED, and a notice of `@emulators` names the package to install.

    ```starlark
    load("//tools/image:defs.bzl", "image_boot_test")

    image_boot_test(
        name = "boot_test",
        image = ":image",
        probe_body = "Hello World",
        probe_path = "/",
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of an OCI layout.
        probe_path: path of the GET request, a string.
        probe_body: the complete body of the response, whose status must be 200; a string.
        env: dict of environment variables to add to those of the image. Default: none.
        port: TCP port of the request. Default: the lowest port that the image exposes.
        ready_seconds: time limit until the port accepts connections, in seconds; an int. Default: 10.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; an int. Default: 10.
        max_rss: budget of resident memory after the response, in bytes; an int. Default: no budget.
        cpu: CPU of the image, a name of `@platforms//cpu`. Default: `x86_64`.
        platform: platform of the image in an index, as in `linux/amd64`. Default: none; `image` must contain one image.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
    """Starts an image as `image_boot_test` does and checks it with a probe.

    ```starlark
    load("//tools/image:defs.bzl", "image_probe_test")
    load("//tools/rust:defs.bzl", "run_probe")

    image_probe_test(
        name = "boot_test",
        image = ":image",
        probe = run_probe(args = ["--version"]),
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of an OCI layout.
        probe: result of `http_probe`, `grpc_probe` or `run_probe` of `//tools/rust:defs.bzl`.
        env: dict of environment variables to add to those of the image. Default: none.
        port: TCP port of the probe. Default: the lowest port that the image exposes.
        ready_seconds: time limit until the port accepts connections, in seconds; an int, ignored by `run_probe`. Default: 10.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; an int, ignored by `run_probe`. Default: 10.
        max_rss: budget of resident memory, in bytes; an int. Default: no budget.
        cpu: CPU of the image, a name of `@platforms//cpu`. Default: `x86_64`.
        platform: platform of the image in an index, as in `linux/amd64`. Default: none; `image` must contain one image.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
    """Runs several images, started as in `image_boot_test`, and compares their combined output with a text file.

    Each image must exit with 0 within a minute.

    ```starlark
    load("//tools/image:defs.bzl", "image_output_test")

    image_output_test(
        name = "output_test",
        expect = "output.txt",
        images = {
            ":image_amd64": "x86_64",
            ":image_arm64": "aarch64",
        },
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        images: dict from the label of an OCI layout to the CPU of the image, a name of `@platforms//cpu`.
        expect: label of the expected text: a header line, which is not compared, then the output of each image in order.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
    """Runs the checks of `image_elf_test`, `image_structure_test`, `image_size_test` and `image_probe_test` on one image of an index.

    All checks run even if one fails, and the last line of the output lists the result of each. If the machine has no emulator for
    the CPU of the image, the whole test is SKIPPED.

    ```starlark
    load("//tools/image:defs.bzl", "image_platform_test")
    load("//tools/rust:defs.bzl", "http_probe")

    image_platform_test(
        name = "arm64_test",
        binary = "/hello",
        cpu = "aarch64",
        expect = "hello.image.json",
        image = ":image_index",
        max_compressed = 1100000,
        max_unpacked = 2750000,
        platform = "linux/arm64",
        probe = http_probe("Hello World"),
    )
    ```

    Targets created: the test `<name>`.

    Args:
        name: name of the test.
        image: label of the OCI layout of an image index.
        platform: platform of the image in the index, as in `linux/arm64`.
        cpu: CPU of the image, a name of `@platforms//cpu`.
        binary: absolute path of the program in the image.
        expect: label of a JSON file, as in `image_structure_test`.
        probe: a probe, as in `image_probe_test`; with None the image is not started.
        max_unpacked: budget of all files, in bytes, as in `image_size_test`.
        max_compressed: budget of all layers, compressed, in bytes, as in `image_size_test`.
        max_binary: budget of the program, in bytes, as in `image_size_test`. Default: no budget.
        is_static: whether to run the check of `image_elf_test`. Default: True.
        mtree: label of the expected list of files, as in `image_structure_test`. Default: the files are not compared.
        update: label of the `image_structure_test` that updates `expect` and `mtree`; a failure prints its command. Default: none.
        env: dict of environment variables to add to those of the image. Default: none.
        port: TCP port of the probe. Default: the lowest port that the image exposes.
        ready_seconds: time limit until the port accepts connections, in seconds; an int. Default: 10.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; an int. Default: 10.
        max_rss: budget of resident memory after the response, in bytes; an int. Default: no budget.
        **kwargs: attributes common to all tests except `size`; and `expected_failure`, text that the check must print when it fails,
            for tests of this gate.
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
                    size_arguments(name, image, max_unpacked, max_compressed, binary, max_binary, None, None, platform) + boot,
        check = "all",
        image = image,
        data = [image, expect] + ([mtree] if mtree else []) + emulator_data(cpu),
        target_compatible_with = _LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )
