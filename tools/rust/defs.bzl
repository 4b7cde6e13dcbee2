"""Rust services, as this workspace builds them.

`rust_service` makes everything of a service, `rust_crate` a library that services share, `rust_tool` a program that the
build itself runs; `release` and `release_binary` build any target as an image needs it, if its `rust_binary` has
`rustc_flags = release_rustc_flags()`. A Rust target that none of the macros makes has `rustc_flags = TOOL_LINT_FLAGS`, or
`LINT_FLAGS` if it is part of a service; a `rust_crate` that only tools use may have `rustc_flags = TOOL_EXEMPTIONS`.
"""

load("//tools/rust/private:crate.bzl", _rust_crate = "rust_crate", _rust_tool = "rust_tool")
load("//tools/rust/private:lints.bzl", _LINT_FLAGS = "LINT_FLAGS", _TOOL_EXEMPTIONS = "TOOL_EXEMPTIONS", _TOOL_LINT_FLAGS = "TOOL_LINT_FLAGS")
load("//tools/rust/private:profile.bzl", _release_rustc_flags = "release_rustc_flags")
load("//tools/rust/private:release.bzl", _release = "release", _release_binary = "release_binary")
load("//tools/rust/private:service.bzl", _rust_service = "rust_service")

LINT_FLAGS = _LINT_FLAGS
TOOL_EXEMPTIONS = _TOOL_EXEMPTIONS
TOOL_LINT_FLAGS = _TOOL_LINT_FLAGS
release = _release
release_binary = _release_binary
release_rustc_flags = _release_rustc_flags
rust_crate = _rust_crate
rust_service = _rust_service
rust_tool = _rust_tool
