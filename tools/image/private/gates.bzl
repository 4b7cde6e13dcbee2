"""The gates of an image: tests that need no container engine."""

load(":check_test.bzl", "check_test")

# Image layouts are built for Linux; the checks read them anywhere, but only Linux can boot one.
_LINUX = ["@platforms//os:linux"]

def image_elf_test(name, binary, machine = "x86_64", **kwargs):
    """The program is a static, position-independent, stripped executable: no interpreter, no NEEDED, RELRO, no executable stack.

    Args:
        name: of the test.
        binary: label of the program.
        machine: `x86_64` or `aarch64`.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(binary),
            "--machine",
            machine,
            # Where Bazel's actions run: a path of it would part the bytes of two machines.
            "--forbid-string",
            "/execroot/",
            "--forbid-string",
            "bazel-out/",
        ],
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
    arguments = [
        "$(rootpath {})".format(image),
        "--expect",
        "$(rootpath {})".format(expect),
    ]
    data = [image, expect]
    if mtree:
        arguments.extend(["--mtree", "$(rootpath {})".format(mtree)])
        data.append(mtree)
    if platform:
        arguments.extend(["--expect-platform", platform, "--platform", platform])
    check_test(
        name = name,
        size = "small",
        arguments = arguments,
        check = "structure",
        data = data,
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

    A test that fails prints the crates that most of the program's bytes come from, too.

    Args:
        name: of the test.
        image: label of an OCI layout.
        max_unpacked: bytes of all files; an int.
        max_compressed: bytes of all layers, gzipped; an int.
        binary: absolute path in the image of the program that `max_binary` and `record` are about.
        max_binary: bytes of that program; an int; default: any.
        record: label of a JSON file of sizes that the program and the layers above the base may leave by 1 % or 4096 bytes,
            whichever is more; default: none. Not compared if the program is built with another compiler or linker
            than the file says. `bazel run` of the test with `-- --update` writes it.
        symbols: label of the program as it was before it was stripped; default: none, and no crates.
        platform: which image of an index, as in `linux/amd64`; default: `image` has one.
        **kwargs: common to tests, and `expected_failure`.
    """
    if (max_binary or record) and not binary:
        fail("image_size_test '{}': 'max_binary' and 'record' need 'binary', the program's path in the image".format(name))
    arguments = [
        "$(rootpath {})".format(image),
        "--max-unpacked",
        str(max_unpacked),
        "--max-compressed",
        str(max_compressed),
    ]
    data = [image]
    if max_binary:
        arguments.extend(["--max-binary", binary, str(max_binary)])
    if record:
        arguments.extend(["--record", "$(rootpath {})".format(record), binary])
        data.append(record)
    if platform:
        arguments.extend(["--platform", platform])
    if symbols:
        arguments.extend(["--symbols", "$(rootpath {})".format(symbols)])
        data.append(symbols)
    check_test(
        name = name,
        size = "small",
        arguments = arguments,
        check = "size",
        data = data,
        **kwargs
    )

def image_twin_test(name, image, of, **kwargs):
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
        check = "twin",
        data = [image, of],
        **kwargs
    )

def image_boot_test(
        name,
        image,
        get,
        expect_body,
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
        get: path of the request.
        expect_body: the whole body of the answer, whose status has to be 200.
        port: the TCP port that it is asked on; default: the lowest that the image exposes.
        ready_seconds: budget of time until the port can be connected to, in seconds; an int, default 10.
        stop_seconds: budget of time from SIGTERM to the end, in seconds; an int, default 10.
        max_rss: budget of resident memory once it has answered, in bytes; an int; default: any.
        cpu: the image's, as `@platforms//cpu` names it.
        platform: which image of an index, as in `linux/amd64`; default: `image` has one.
        **kwargs: common to tests, and `expected_failure`.
    """
    arguments = [
        "$(rootpath {})".format(image),
        "--get",
        get,
        "--expect-body",
        expect_body,
        "--ready-timeout",
        str(ready_seconds),
        "--stop-timeout",
        str(stop_seconds),
    ]
    if port:
        arguments.extend(["--port", str(port)])
    if max_rss:
        arguments.extend(["--max-rss", str(max_rss)])
    if platform:
        arguments.extend(["--platform", platform])
    check_test(
        name = name,
        size = "small",
        arguments = arguments + _emulator_arguments(cpu),
        check = "boot",
        data = [image] + _emulator_data(cpu),
        target_compatible_with = _LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )

def image_table_test(name, images, expect, **kwargs):
    """Images of programs that write a line and end, run as by `image_boot_test`; the test prints the table.

    Args:
        name: of the test.
        images: dict: the label of an OCI layout, and the CPU it is for, as `@platforms//cpu` names it.
        expect: label of a text file: a header, and a line for each image.
        **kwargs: common to tests, and `expected_failure`.
    """
    arguments, data = ["--expect", "$(rootpath {})".format(expect)], [expect]
    for image, cpu in images.items():
        arguments = arguments + ["$(rootpath {})".format(image)] + _emulator_arguments(cpu)
        data = data + [image] + _emulator_data(cpu)
    check_test(
        name = name,
        size = "small",
        arguments = arguments,
        check = "table",
        data = data,
        target_compatible_with = _LINUX,
        **kwargs
    )

def _emulator_arguments(cpu):
    return _unless_on(cpu, ["--emulator", "$(rootpath @emulators//:{})".format(cpu)])

def _emulator_data(cpu):
    return _unless_on(cpu, ["@emulators//:" + cpu])

def _unless_on(cpu, values):
    """`values`, unless the test runs on that CPU."""
    return select({
        "@platforms//cpu:" + cpu: [],
        "//conditions:default": values,
    })
