"""Macros and rules for Rust services, their crates and their images.

* `rust_service`, `rust_grpc_service` and `rust_job` declare all targets of a program that ships as an image.
* `rust_image`, `image_push` and `image_gates`, from which they are composed, also accept programs in other languages. A probe,
  `http_probe`, `grpc_probe` or `run_probe`, defines how `image_gates` tests the program.
* `rust_crate` declares a crate that services share, `rust_tool` a program that the build runs.
* `release` and `release_binary` build a target with the release profile. A `rust_binary` that they build needs
  `rustc_flags = release_rustc_flags()`.
* `LINT_FLAGS` is `[workspace.lints]` as `rustc_flags`, for a Rust target of a service that no macro declares; `TOOL_LINT_FLAGS` is
  the same for tools. `TOOL_EXEMPTIONS`, their difference, is for a `rust_crate` that only tools use.
"""

load("//tools/rust/private:crate.bzl", _rust_crate = "rust_crate", _rust_tool = "rust_tool")
load("//tools/rust/private:image_gates.bzl", _image_gates = "image_gates")
load("//tools/rust/private:image_push.bzl", _image_push = "image_push")
load("//tools/rust/private:kinds.bzl", _rust_grpc_service = "rust_grpc_service", _rust_job = "rust_job", _rust_service = "rust_service")
load("//tools/rust/private:lints.bzl", _LINT_FLAGS = "LINT_FLAGS", _TOOL_EXEMPTIONS = "TOOL_EXEMPTIONS", _TOOL_LINT_FLAGS = "TOOL_LINT_FLAGS")
load("//tools/rust/private:probes.bzl", _grpc_probe = "grpc_probe", _http_probe = "http_probe", _run_probe = "run_probe")
load("//tools/rust/private:profile.bzl", _release_rustc_flags = "release_rustc_flags")
load("//tools/rust/private:release.bzl", _release = "release", _release_binary = "release_binary")
load("//tools/rust/private:rust_image.bzl", _rust_image = "rust_image")

LINT_FLAGS = _LINT_FLAGS
TOOL_EXEMPTIONS = _TOOL_EXEMPTIONS
TOOL_LINT_FLAGS = _TOOL_LINT_FLAGS
grpc_probe = _grpc_probe
http_probe = _http_probe
image_gates = _image_gates
image_push = _image_push
release = _release
release_binary = _release_binary
release_rustc_flags = _release_rustc_flags
run_probe = _run_probe
rust_crate = _rust_crate
rust_grpc_service = _rust_grpc_service
rust_image = _rust_image
rust_job = _rust_job
rust_service = _rust_service
rust_tool = _rust_tool
