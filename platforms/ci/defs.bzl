"""Rules for images of the build root. See docs/pipeline.md."""

load("//platforms/ci/private:build_root.bzl", _build_root = "build_root", _read_root = "read_root")
load("//platforms/ci/private:delivery.bzl", _image_delivery = "image_delivery")
load("//platforms/ci/private:root_crates.bzl", _root_crates = "root_crates")
load("//platforms/ci/private:root_layer.bzl", _root_layer = "root_layer")

build_root = _build_root
image_delivery = _image_delivery
read_root = _read_root
root_crates = _root_crates
root_layer = _root_layer
