"""The repository rule that reads the Cargo.toml files of a Cargo workspace."""

load("//tools/cargo/private:triples.bzl", _TRIPLES = "TRIPLES")
load("//tools/cargo/private:workspace.bzl", _cargo_workspace = "cargo_workspace")

TRIPLES = _TRIPLES
cargo_workspace = _cargo_workspace
