"""The gates of an image: tests that need no container engine, and a suite over them."""

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

def image_structure_test(name, image, expect, **kwargs):
    """The image's blobs are intact, and its config and files are what a checked-in file says.

    Args:
        name: of the test.
        image: label of an OCI layout.
        expect: label of a JSON file; `bazel run` of the test with `-- --update` prints the one that would pass.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(image),
            "--expect",
            "$(rootpath {})".format(expect),
        ],
        check = "structure",
        data = [image, expect],
        **kwargs
    )

def image_size_test(name, image, max_unpacked, max_compressed, **kwargs):
    """The image keeps its budgets; the test prints a ledger of layers and files.

    Args:
        name: of the test.
        image: label of an OCI layout.
        max_unpacked: bytes of all files; an int.
        max_compressed: bytes of all layers, gzipped; an int.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(image),
            "--max-unpacked",
            str(max_unpacked),
            "--max-compressed",
            str(max_compressed),
        ],
        check = "size",
        data = [image],
        **kwargs
    )

def image_boot_test(name, image, get, expect_body, **kwargs):
    """The image starts in namespaces as its own user, with a read-only root, answers, and ends on SIGTERM.

    Args:
        name: of the test.
        image: label of an OCI layout.
        get: path of the request, on the image's first exposed port.
        expect_body: the whole body of the answer, whose status has to be 200.
        **kwargs: common to tests, and `expected_failure`.
    """
    check_test(
        name = name,
        size = "small",
        arguments = [
            "$(rootpath {})".format(image),
            "--get",
            get,
            "--expect-body",
            expect_body,
        ],
        check = "boot",
        data = [image],
        target_compatible_with = _LINUX,
        **kwargs
    )
