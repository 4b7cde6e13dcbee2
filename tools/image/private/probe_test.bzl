"""The gates `image_boot_test` and `image_probe_test`, which start an image."""

load(":check_test.bzl", "check_test")
load(":emulator_arguments.bzl", "emulator_arguments", "emulator_data")

# Checks that boot an image need the namespaces of Linux. The other checks run on every machine.
LINUX = [Label("@platforms//os:linux")]

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
        target_compatible_with = LINUX + kwargs.pop("target_compatible_with", []),
        **kwargs
    )

def probe_arguments(image, probe, env, port, ready_seconds, stop_seconds, max_rss, cpu, platform):
    """Arguments of `image_check boot` or `image_check run`, including the emulator of the image's CPU.

    Args:
        image: label of an OCI layout.
        probe: a probe of `//tools/rust:defs.bzl`: a struct with `check`, "boot" or "run", and `arguments`, a list of strings.
        env: dict of environment variables.
        port: TCP port of the service, or None.
        ready_seconds: time limit until the port accepts connections, in seconds; used by "boot" only.
        stop_seconds: time limit from SIGTERM to the exit, in seconds; used by "boot" only.
        max_rss: budget of resident memory, in bytes, or None.
        cpu: CPU of the image, a name of `@platforms//cpu`.
        platform: `os/architecture` of the image in an index, or None.

    Returns:
        A list of strings, or a select of lists.
    """
    arguments = ["$(rootpath {})".format(image)] + probe.arguments
    if probe.check == "boot":
        arguments.extend(["--ready-timeout", str(ready_seconds), "--stop-timeout", str(stop_seconds)])
        if port:
            arguments.extend(["--port", str(port)])
    for name, value in env.items():
        arguments.extend(["--env", "{}={}".format(name, value)])
    if max_rss:
        arguments.extend(["--max-rss", str(max_rss)])
    if platform:
        arguments.extend(["--platform", platform])
    return arguments + emulator_arguments(cpu)
