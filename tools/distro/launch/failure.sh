# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Explains a failure of the sandbox rather than of Bazel.

# explain_failure STATUS: bubblewrap exits with 1 on failure. If linux-sandbox fails, Bazel exits with 1, or with 3 if only tests failed;
# if it is unavailable, with 2.
explain_failure() {
  (($1 <= 3)) || return 0
  # shellcheck source=tools/distro/launch/namespaces.sh
  source "$thimble_distro/launch/namespaces.sh"
  check_namespaces
}
