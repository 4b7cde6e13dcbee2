"""The module extension for the Cargo workspace of a module: docs/module.md."""

load("//tools/module/private:extension.bzl", _thimble = "thimble")

thimble = _thimble
