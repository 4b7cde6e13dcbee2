"""The gate `image_output_test`."""

load(":check_test.bzl", "check_test")
load(":emulator_arguments.bzl", "emulator_arguments", "emulator_data")
load(":probe_test.bzl", "LINUX")

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
        target_compatible_with = LINUX,
        **kwargs
    )
