"""`oci_pull`, for use in other module extensions; MODULE.bazel files use the tag `oci.pull`."""

load("//oci/private:pull_macro.bzl", _oci_pull = "oci_pull")

oci_pull = _oci_pull
