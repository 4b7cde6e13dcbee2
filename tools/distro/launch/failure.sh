# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Says why, where it was not Bazel that failed but the way to it.

# explain_failure STATUS: bubblewrap's own failures and those of linux-sandbox end with 1, or 3 if only tests failed, and Bazel's
# refusal to go without linux-sandbox with 2.
explain_failure() {
  (($1 <= 3)) || return 0
  # shellcheck source=tools/distro/launch/namespaces.sh
  source "$thimble_distro/launch/namespaces.sh"
  check_namespaces
}
