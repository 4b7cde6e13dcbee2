"""Probes, which define how the boot gate tests the program of an image."""

def http_probe(body, path = "/", stop_check = True):
    """A probe that checks the response to a GET request.

    ```starlark
    probe = http_probe("ok", path = "/health")
    ```

    Args:
        body: the complete body of the response, whose status must be 200; a string.
        path: path of the request, a string. Default: `/`.
        stop_check: whether the program must exit with 0 on SIGTERM. False for a program without a signal handler. Default: True.

    Returns:
        A probe for `image_gates` and `image_probe_test`.
    """
    return struct(arguments = ["--probe-path", path, "--probe-body", body] + _stop_arguments(stop_check), check = "boot")

def grpc_probe(service = "", stop_check = True):
    """A probe that calls `grpc.health.v1.Health/Check` and expects the status SERVING.

    Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md.

    ```starlark
    probe = grpc_probe("quota.v1.Quota")
    ```

    Args:
        service: service name in the request. Default: "", the whole server.
        stop_check: whether the program must exit with 0 on SIGTERM. False for a program without a signal handler. Default: True.

    Returns:
        A probe for `image_gates` and `image_probe_test`.
    """
    return struct(arguments = ["--grpc-health", service] + _stop_arguments(stop_check), check = "boot")

def _stop_arguments(stop_check):
    return [] if stop_check else ["--no-stop-check"]

def run_probe(args = [], exit_code = 0, output = [], timeout_seconds = 60):
    """A probe that runs the program to completion and checks its exit code and output.

    ```starlark
    probe = run_probe(args = ["--version"], output = ["1.0"])
    ```

    Args:
        args: list of arguments that replace those of the image. Default: those of the image.
        exit_code: expected exit code, an int. Default: 0.
        output: list of texts that standard output or standard error must contain. Default: none.
        timeout_seconds: time limit, in seconds; an int. Default: 60.

    Returns:
        A probe for `image_gates` and `image_probe_test`.
    """
    return struct(
        arguments = [
            argument
            for option, values in [
                ("--arg", args),
                ("--expect-exit-code", [str(exit_code)]),
                ("--expect-output", output),
                ("--timeout", [str(timeout_seconds)]),
            ]
            for value in values
            for argument in [option, value]
        ],
        check = "run",
    )
