"""The `crate` extension under the path that rules_rust gives it since 0.60: MODULE.bazel loads it from here."""

load(":extension.bzl", _crate = "crate")

crate = _crate
