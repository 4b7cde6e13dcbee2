# shellcheck shell=bash disable=SC2154 # sourced
# Installs buildozer for `mod tidy`, from the npm packages that tools/dev/lint pins.

# Links it to a fixed path for registry/stub/buildozer, which without npm prints the changes instead of making them.
install_buildozer() {
  local directory exports other_variables statements
  command -v npm > /dev/null || return 0
  # npm needs the caller's configuration.
  export_caller_environment
  # shellcheck disable=SC2016 # expanded by the child
  printf -v statements 'export PATH=%q workspace=%q\nsource "$workspace/tools/dev/lint/lib/tools.sh"\npackages\n' "$PATH" "${thimble_distro%/tools/distro}"
  directory="$(exec_statements "$exports" "$statements" "${other_variables[@]}")" || return 0
  ln --symbolic --force --no-dereference "$directory/node_modules/@bazel/buildozer/buildozer-linux_amd64" "$thimble_cache/lint/buildozer"
}
