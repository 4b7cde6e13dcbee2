# shellcheck shell=bash disable=SC2034,SC2154 # sourced

# Sets `thimble_cache`.
locate_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}"
  [[ "$cache" != /.cache ]] || fail_usage "neither HOME nor XDG_CACHE_HOME is set, so the cache has no location; set one:" \
    "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
  [[ "$cache" == /* || -z "${XDG_CACHE_HOME:-}" ]] || fail_usage "invalid XDG_CACHE_HOME \"$cache\": expected an absolute path; use the default:" "unset XDG_CACHE_HOME"
  [[ "$cache" == /* ]] || fail_usage "invalid HOME \"$HOME\": expected an absolute path; set the cache's location:" "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
  case "$cache/" in
    /usr/* | /etc/* | /boot/* | /thimble/*) fail_usage "invalid cache directory \"$cache\": the build root replaces /usr, /etc, /boot and /thimble; set another directory:" \
      "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..." ;;
  esac
  check_outside_packages "$cache"
  readonly thimble_cache="$cache/thimble"
}

# check_outside_packages CACHE: the cache contains BUILD files, which `//...` would match in the workspace.
check_outside_packages() {
  local entry entries=()
  [[ "$1/" == "$thimble_workspace"/* ]] || return 0
  [[ ! -r "$thimble_workspace/.bazelignore" ]] || mapfile -t entries < "$thimble_workspace/.bazelignore"
  for entry in "${entries[@]}"; do
    [[ -z "$entry" || "$1/" != "$thimble_workspace/${entry%/}"/* ]] || return 0
  done
  fail_usage "invalid cache directory \"$1\": expected a directory outside the workspace, or one that .bazelignore lists:" \
    "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
}

# Records the time of the root's last use, for pruning.
record_use() { : 2> /dev/null > "$thimble_cache/used/$root_key" || true; }
