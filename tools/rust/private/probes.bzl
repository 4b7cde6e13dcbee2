"""Probes: how gates find out that an image's program works."""

def http_probe(body, path = "/"):
    """The program answers an HTTP request.

    Args:
        body: the whole body of the response, whose status has to be 200.
        path: path of the GET request.

    Returns:
        A probe for `image_gates`.
    """
    return struct(arguments = ["--get", path, "--expect-body", body], check = "boot")

def grpc_probe(service = ""):
    """The program reports that it serves, by the gRPC health checking protocol.

    Source: https://github.com/grpc/grpc/blob/master/doc/health-checking.md.

    Args:
        service: name of the service, as in "quota.v1.Quota"; default "", the whole server.

    Returns:
        A probe for `image_gates`.
    """
    return struct(arguments = ["--grpc-health", service], check = "boot")

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
