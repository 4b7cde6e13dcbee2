# shellcheck shell=bash disable=SC2154 # sourced
# Installs buildozer for `mod tidy`, from the npm packages that tools/dev/lint pins.

# Links it to a fixed path for registry/stub/buildozer, which without npm prints the changes instead of making them.
install_buildozer() {
  local directory
  command -v npm > /dev/null || return 0
  # npm needs the caller's configuration.
  # shellcheck disable=SC2016 # expanded by the child
  directory="$(env --ignore-environment "${caller_environment[@]}" PATH="$PATH" bash -p -c 'workspace="$1"; source "$1/tools/dev/lint/lib/tools.sh"; packages' - \
    "${thimble_distro%/tools/distro}")" || return 0
  ln --symbolic --force --no-dereference "$directory/node_modules/@bazel/buildozer/buildozer-linux_amd64" "$thimble_cache/lint/buildozer"
}
