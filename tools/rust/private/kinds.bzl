"""The macros behind `rust_service`, `rust_grpc_service` and `rust_job`."""

load(":probes.bzl", "grpc_probe", "http_probe", "run_probe")
load(":service.bzl", "service")

# `OPS_PORT` of the chassis, by default.
_OPERATIONS_PORT = 9090

def rust_service(name, probe_body, probe_path = "/", port = 8080, ports = [_OPERATIONS_PORT], **attributes):
    """An HTTP service.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_service")

    rust_service(
        name = "hello",
        description = "Answers Hello World.",
        max_binary = {"closed": 1615000, "open": 1770000},
        max_compressed = {"closed": 1065000, "open": 1800000},
        max_unpacked = {"closed": 2545000, "open": 4200000},
        port = 8888,
        probe_body = "Hello World",
    )
    ```

    Targets created: those of `service`.

    Args:
        name: the crate, the program and the image's repository.
        probe_body: the complete body of the response to `GET <probe_path>`; a string.
        probe_path: path of the request that shows that the service works; default `/`.
        port: TCP port of the service, 1 to 65535; default 8080.
        ports: further TCP ports that the image exposes; default the chassis's operations port, 9090.
        **attributes: those of `service`; `max_binary`, `max_compressed` and `max_unpacked` are required.
    """
    service(
        name,
        port = port,
        ports = [port] + ports,
        probe = http_probe(probe_body, path = probe_path),
        **attributes
    )

def rust_grpc_service(name, health_service = "", port = 8080, ports = [_OPERATIONS_PORT], **attributes):
    """A gRPC service with the health checking protocol (grpc.health.v1), which the gates use.

    Targets created: those of `service`.

    Args:
        name: the crate, the program and the image's repository.
        health_service: name of the service that is checked, as in "quota.v1.Quota"; default "", the whole server.
        port: TCP port of the service, HTTP/2 without TLS; default 8080.
        ports: further TCP ports that the image exposes; default the chassis's operations port, 9090.
        **attributes: those of `service`; `max_binary`, `max_compressed` and `max_unpacked` are required.
    """
    service(
        name,
        port = port,
        ports = [port] + ports,
        probe = grpc_probe(health_service),
        **attributes
    )

def rust_job(
        name,
        probe_args = [],
        expect_exit_code = 0,
        expect_output = [],
        timeout_seconds = 60,
        ports = [],
        **attributes):
    """A job: a program that runs to its end, as it does in the gates.

    Targets created: those of `service`.

    Args:
        name: the crate, the program and the image's repository.
        probe_args: arguments in the gates; default: the image's own (`args`).
        expect_exit_code: expected exit code.
        expect_output: texts that the output contains; a list.
        timeout_seconds: time limit.
        ports: TCP ports that the image exposes; default none.
        **attributes: those of `service`; `max_binary`, `max_compressed` and `max_unpacked` are required.
    """
    service(
        name,
        ports = ports,
        probe = run_probe(
            args = probe_args,
            exit_code = expect_exit_code,
            output = expect_output,
            timeout_seconds = timeout_seconds,
        ),
        **attributes
    )
