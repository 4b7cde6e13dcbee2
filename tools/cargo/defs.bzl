"""What the workspace's Cargo.toml files say, for Bazel."""

load("//tools/cargo/private:triples.bzl", _TRIPLES = "TRIPLES")
load("//tools/cargo/private:workspace.bzl", _cargo_workspace = "cargo_workspace")

TRIPLES = _TRIPLES
cargo_workspace = _cargo_workspace
