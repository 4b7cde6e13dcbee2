"""`oci_pull`, for module extensions of one's own; a MODULE.bazel uses the tag `oci.pull`."""

load("//oci/private:pull_macro.bzl", _oci_pull = "oci_pull")

oci_pull = _oci_pull
