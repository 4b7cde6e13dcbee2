# shellcheck shell=bash disable=SC2034,SC2154 # sourced

# Sets `thimble_cache`.
locate_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}"
  [[ "$cache" != /.cache ]] || fail_usage "neither HOME nor XDG_CACHE_HOME is set, so the cache has no location; set one:" \
    "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
  [[ "$cache" == /* ]] || fail_usage "invalid XDG_CACHE_HOME \"$cache\": expected an absolute path; use the default:" "unset XDG_CACHE_HOME"
  case "$cache/" in
    /usr/* | /etc/* | /boot/* | /thimble/*) fail_usage "invalid cache directory \"$cache\": the build root replaces /usr, /etc, /boot and /thimble; set another directory:" \
      "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..." ;;
  esac
  readonly thimble_cache="$cache/thimble"
}

# Records the time of the root's last use, for pruning.
record_use() { : 2> /dev/null > "$thimble_cache/used/$root_key" || true; }
