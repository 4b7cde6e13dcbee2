"""The macros behind `rust_service`, `rust_grpc_service` and `rust_job`."""

load(":probes.bzl", "grpc_probe", "http_probe", "run_probe")
load(":service.bzl", "service")

# The default of the chassis for `OPS_PORT`.
_OPERATIONS_PORT = 9090

def rust_service(name, probe_body, probe_path = "/", port = 8080, ports = [_OPERATIONS_PORT], **attributes):
    """Declares an HTTP service: its crate, tests, image, SBOMs, push and gates.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_service")

    rust_service(
        name = "hello",
        description = "Responds with Hello World.",
        max_binary = {"closed": 1640000, "open": 1800000},
        max_compressed = {"closed": 1085000, "open": 1820000},
        max_unpacked = {"closed": 2575000, "open": 4230000},
        port = 8888,
        probe_body = "Hello World",
    )
    ```

    Targets created: those of `service`, listed in docs/services.md.

    Args:
        name: name of the crate, of its program, and of the repository of the image.
        probe_body: the complete body of the response to `GET <probe_path>` in the boot gate; a string.
        probe_path: path of the request in the boot gate, a string. Default: `/`.
        port: TCP port of the service, 1 to 65535. Default: 8080.
        ports: list of other TCP ports that the image exposes. Default: the operations port of the chassis, 9090.
        **attributes: other attributes.
            Required: `max_binary`, `max_compressed` and `max_unpacked`, the budgets of `image_gates`.
            Of `image_gates`: `max_rss`, `ready_seconds` and `stop_seconds`.
            Of `rust_image`: `annotations`, `args`, `base`, `created`, `description`, `env`, `files`, `labels`, `licenses`, `tars`, `title`,
            `user` and `volumes`; `programs` is a list of names of other programs of the crate, each of which becomes `/<program>`.
            Of `image_push`: `repository`.
            Of `rust_crate`: `deps`, and those of `crate_settings`.
            `visibility`, default public; `library_visibility`, that of the crate's library, default the package's.
    """
    service(
        name,
        port = port,
        ports = [port] + ports,
        probe = http_probe(probe_body, path = probe_path),
        **attributes
    )

def rust_grpc_service(name, health_service = "", port = 8080, ports = [_OPERATIONS_PORT], **attributes):
    """Declares a gRPC service: its crate, tests, image, SBOMs, push and gates.

    The boot gate uses the gRPC health checking protocol (`grpc.health.v1`), which the service must support.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_grpc_service")

    rust_grpc_service(
        name = "quota",
        health_service = "quota.v1.Quota",
        max_binary = 2050000,
        max_compressed = 1950000,
        max_unpacked = 4500000,
        port = 50051,
    )
    ```

    Targets created: those of `service`, listed in docs/services.md.

    Args:
        name: name of the crate, of its program, and of the repository of the image.
        health_service: service name in the health check, as in "quota.v1.Quota". Default: "", the whole server.
        port: TCP port of the service, 1 to 65535, HTTP/2 without TLS. Default: 8080.
        ports: list of other TCP ports that the image exposes. Default: the operations port of the chassis, 9090.
        **attributes: other attributes.
            Required: `max_binary`, `max_compressed` and `max_unpacked`, the budgets of `image_gates`.
            Of `image_gates`: `max_rss`, `ready_seconds` and `stop_seconds`.
            Of `rust_image`: `annotations`, `args`, `base`, `created`, `description`, `env`, `files`, `labels`, `licenses`, `tars`, `title`,
            `user` and `volumes`; `programs` is a list of names of other programs of the crate, each of which becomes `/<program>`.
            Of `image_push`: `repository`.
            Of `rust_crate`: `deps`, and those of `crate_settings`.
            `visibility`, default public; `library_visibility`, that of the crate's library, default the package's.
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
    """Declares a job, a program that runs to completion: its crate, tests, image, SBOMs, push and gates.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_job")

    rust_job(
        name = "report",
        expect_output = ["3 rows"],
        max_binary = 1000000,
        max_compressed = 1500000,
        max_unpacked = 3500000,
        probe_args = ["--dry-run"],
    )
    ```

    Targets created: those of `service`, listed in docs/services.md.

    Args:
        name: name of the crate, of its program, and of the repository of the image.
        probe_args: list of arguments in the boot gate. Default: those of the image (`args`).
        expect_exit_code: exit code in the boot gate, an int. Default: 0.
        expect_output: list of texts that standard output or standard error must contain in the boot gate. Default: none.
        timeout_seconds: time limit of the run in the boot gate, in seconds; an int. Default: 60.
        ports: list of TCP ports that the image exposes. Default: none.
        **attributes: other attributes.
            Required: `max_binary`, `max_compressed` and `max_unpacked`, the budgets of `image_gates`.
            Of `image_gates`: `max_rss`.
            Of `rust_image`: `annotations`, `args`, `base`, `created`, `description`, `env`, `files`, `labels`, `licenses`, `tars`, `title`,
            `user` and `volumes`; `programs` is a list of names of other programs of the crate, each of which becomes `/<program>`.
            Of `image_push`: `repository`.
            Of `rust_crate`: `deps`, and those of `crate_settings`.
            `visibility`, default public; `library_visibility`, that of the crate's library, default the package's.
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
