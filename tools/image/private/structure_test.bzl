"""The gate `image_structure_test`."""

load(":check_test.bzl", "BASES", "check_test")

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

def structure_arguments(image, expect, mtree, platform):
    """Arguments of `image_check structure`.

    Args:
        image: label of an OCI layout.
        expect: label of the expected configuration, a JSON file.
        mtree: label of the expected file list, as in mtree(5), or None.
        platform: `os/architecture` of the image in an index, or None.

    Returns:
        A list of strings.
    """
    arguments = [
        "$(rootpath {})".format(image),
        "--expect",
        "$(rootpath {})".format(expect),
        BASES,
    ]
    if mtree:
        arguments.extend(["--mtree", "$(rootpath {})".format(mtree)])
    if platform:
        arguments.extend(["--expect-platform", platform, "--platform", platform])
    return arguments
