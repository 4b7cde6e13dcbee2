"""The gate `image_elf_test`."""

load(":check_test.bzl", "check_test")
load(":networks.bzl", "by_network")

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

def elf_arguments(file, machine):
    """Arguments of `image_check elf`.

    Args:
        file: the program, a string: a `$(rootpath)` expression, or an absolute path in an image.
        machine: CPU of the program, `x86_64` or `aarch64`.

    Returns:
        A list of strings, or a select of lists.
    """
    return [
        file,
        "--machine",
        machine,
        # Paths of Bazel's execution root make a build irreproducible.
        "--forbid-string",
        "/execroot/",
        "--forbid-string",
        "bazel-out/",
    ] + _fixed_address_arguments(machine)

# Upstream's aarch64-unknown-linux-musl links static programs at a fixed address; its x86_64 target links position-independent ones.
def _fixed_address_arguments(machine):
    if machine != "aarch64":
        return []
    return by_network({
        "closed": [],
        "open": ["--allow-non-pie"],
    })
