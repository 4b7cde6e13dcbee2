# shellcheck shell=bash disable=SC1090,SC2034,SC2154 # sourced after harness.sh
# The key of the workspace's build root, the name of its record in the launcher's cache. Sourced.

# build_root_key: sets the root up if necessary. Other checkouts may use other roots at the same time.
build_root_key() (
  "$workspace/tools/bazel" --version > /dev/null
  thimble_distro="$workspace/tools/distro"
  for file in messages root; do source "$thimble_distro/launch/$file.sh"; done
  definition_key
  printf '%s' "$root_key"
)
