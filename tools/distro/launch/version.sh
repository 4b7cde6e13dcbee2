# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# `tools/bazel version`. Bazel's own command fails, because Debian's Bazel has no build label.

print_version() {
  local argument label package version
  prepare_root
  while read -r package version _; do
    [[ "$package" != bazel-bootstrap ]] || break
  done < "${components[debian]}/usr/share/thimble/packages"
  label="${version%%[+-]*}"
  for argument in "$@"; do
    if [[ "$argument" == --gnu_format || "$argument" == --gnu_format=* ]]; then
      printf 'bazel %s\n' "$label"
      return
    fi
  done
  printf 'Build label: %s\nDebian package: bazel-bootstrap %s\nBuild root: %s\n' "$label" "$version" "${components[debian]}"
}
