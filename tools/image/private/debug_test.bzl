"""The gate `image_debug_test`."""

load(":check_test.bzl", "check_test")

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
