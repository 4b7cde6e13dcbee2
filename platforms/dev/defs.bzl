"""Rules for the packages of the dev image. See docs/pipeline.md."""

load("//platforms/dev/private:dev_buildifier.bzl", _dev_buildifier = "dev_buildifier")
load("//platforms/dev/private:dev_packages.bzl", _dev_packages = "dev_packages")
load("//platforms/dev/private:packages_layer.bzl", _packages_layer = "packages_layer")

dev_buildifier = _dev_buildifier
dev_packages = _dev_packages
packages_layer = _packages_layer
