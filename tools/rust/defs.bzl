"""Rust services, as this workspace builds them.

`rust_service`, `rust_grpc_service` and `rust_job` make everything of a program that ships as an image; they are composed of
`rust_image`, `image_push` and `image_gates` with their probes, which take programs of any kind. `rust_crate` makes a library that services share,
`rust_tool` a program that the build itself runs; `release` and `release_binary` build any target as an image needs it, if its
`rust_binary` has `rustc_flags = release_rustc_flags()`. A Rust target that none of the macros makes has `rustc_flags = TOOL_LINT_FLAGS`,
or `LINT_FLAGS` if it is part of a service; a `rust_crate` that only tools use may have `rustc_flags = TOOL_EXEMPTIONS`.
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
