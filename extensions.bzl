"""The extension by which a module has its Cargo workspace built by thimble: docs/module.md."""

load("//tools/module/private:extension.bzl", _thimble = "thimble")

thimble = _thimble
