"""The gate `image_platform_test`, which combines the gates of one image of an index."""

load(":check_test.bzl", "check_test")
load(":elf_test.bzl", "elf_arguments")
load(":emulator_arguments.bzl", "emulator_data")
load(":probe_test.bzl", "LINUX", "probe_arguments")
load(":size_test.bzl", "size_arguments")
load(":structure_test.bzl", "structure_arguments")

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
        structure.extend(["--update-command", _run_command(update) + " -- --update"])
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
        target_compatible_with = LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )

def _run_command(label):
    return "tools/bazel run " + str(native.package_relative_label(label)).removeprefix("@@")
