"""Probes: how gates find out that an image's program works."""

def http_probe(body, path = "/", stop_check = True):
    """The program answers an HTTP request.

    Args:
        body: the whole body of the response, whose status has to be 200.
        path: path of the GET request.
        stop_check: whether the program has to end with exit code 0 on SIGTERM; False for one that has no handler.

    Returns:
        A probe for `image_gates`.
    """
    return struct(arguments = ["--probe-path", path, "--probe-body", body] + _stop_arguments(stop_check), check = "boot")

def grpc_probe(service = "", stop_check = True):
    """The program reports that it serves, by the gRPC health checking protocol.

    Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md.

    Args:
        service: name of the service, as in "quota.v1.Quota"; default "", the whole server.
        stop_check: as of `http_probe`.

    Returns:
        A probe for `image_gates`.
    """
    return struct(arguments = ["--grpc-health", service] + _stop_arguments(stop_check), check = "boot")

def _stop_arguments(stop_check):
    return [] if stop_check else ["--no-stop-check"]

def run_probe(args = [], exit_code = 0, output = [], timeout_seconds = 60):
    """The program runs to its end.

    Args:
        args: arguments, in place of the image's own; default: those.
        exit_code: expected exit code.
        output: texts that standard output or standard error contains; a list.
        timeout_seconds: time limit.

    Returns:
        A probe for `image_gates`.
    """
    return struct(
        arguments = [
            word
            for option, values in [
                ("--arg", args),
                ("--expect-exit-code", [str(exit_code)]),
                ("--expect-output", output),
                ("--timeout", [str(timeout_seconds)]),
            ]
            for value in values
            for word in [option, value]
        ],
        check = "run",
    )
