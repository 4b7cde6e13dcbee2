"""The repository rule that reads the Cargo.toml files of a Cargo workspace, and the functions with which an extension configures it."""

load("//tools/cargo/private:member_directories.bzl", _member_directories = "member_directories")
load("//tools/cargo/private:registry_config.bzl", _read_registry_config = "read_registry_config")
load("//tools/cargo/private:triples.bzl", _TRIPLES = "TRIPLES")
load("//tools/cargo/private:workspace.bzl", _cargo_workspace = "cargo_workspace")

TRIPLES = _TRIPLES
cargo_workspace = _cargo_workspace
member_directories = _member_directories
read_registry_config = _read_registry_config
