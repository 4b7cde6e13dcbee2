"""The repository rule that reads the Cargo.toml files of a Cargo workspace, and the function that reads its registries."""

load("//tools/cargo/private:registry_config.bzl", _read_registry_config = "read_registry_config")
load("//tools/cargo/private:triples.bzl", _TRIPLES = "TRIPLES")
load("//tools/cargo/private:workspace.bzl", _cargo_workspace = "cargo_workspace")

TRIPLES = _TRIPLES
cargo_workspace = _cargo_workspace
read_registry_config = _read_registry_config
