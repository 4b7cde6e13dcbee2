# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# `tools/bazel version`. Debian's Bazel has no build label, and its own command fails for that.

print_version() {
  local word label package version
  prepare_root
  while read -r package version _; do
    [[ "$package" != bazel-bootstrap ]] || break
  done < "${components[debian]}/usr/share/thimble/packages"
  label="${version%%[+-]*}"
  for word in "$@"; do
    if [[ "$word" == --gnu_format || "$word" == --gnu_format=* ]]; then
      printf 'bazel %s\n' "$label"
      return
    fi
  done
  printf 'Build label: %s\nDebian package: bazel-bootstrap %s\nBuild root: %s\n' "$label" "$version" "${components[debian]}"
}
