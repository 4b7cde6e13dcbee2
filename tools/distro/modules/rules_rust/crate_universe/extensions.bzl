"""The `crate` extension at its path in rules_rust 0.60 and later."""

load(":extension.bzl", _crate = "crate")

crate = _crate
