"""Rust services, as this workspace builds them.

`rust_service` makes everything of a service; `release` and `release_binary` build any target as an image needs it.
"""

load("//tools/rust/private:release.bzl", _release = "release", _release_binary = "release_binary")
load("//tools/rust/private:service.bzl", _rust_service = "rust_service")

release = _release
release_binary = _release_binary
rust_service = _rust_service
