"""The gates that every service's image passes."""

load("//tools/image:defs.bzl", "image_boot_test", "image_elf_test", "image_size_test", "image_structure_test")

def service_gates(name, expect_body, get, max_compressed, max_unpacked):
    """The gates of the service `name`.

    Targets created: `elf_test`, `structure_test`, `size_test`, `boot_test`.

    Args:
        name: the service, and the target of its program in the release profile.
        expect_body: what the service answers to `GET <get>`, the whole body.
        get: path of the request that shows that the service works.
        max_compressed: budget of the image's layers, gzipped, in bytes.
        max_unpacked: budget of the image's files, in bytes.
    """
    image_elf_test(
        name = "elf_test",
        binary = name,
    )

    image_structure_test(
        name = "structure_test",
        expect = "image.json",
        image = "image",
    )

    image_size_test(
        name = "size_test",
        image = "image",
        max_compressed = max_compressed,
        max_unpacked = max_unpacked,
    )

    image_boot_test(
        name = "boot_test",
        expect_body = expect_body,
        get = get,
        image = "image",
    )
