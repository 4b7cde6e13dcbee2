# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# The cache: build roots, Bazel's outputs, downloads.

# Sets `thimble_cache`.
locate_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}"
  [[ "$cache" != /.cache ]] || fail "neither HOME nor XDG_CACHE_HOME is set, so the cache of the build root has no place; name one:" \
    "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
  [[ "$cache" == /* ]] || fail "invalid XDG_CACHE_HOME \"$cache\": expected an absolute path" "unset XDG_CACHE_HOME"
  case "$cache/" in
    /usr/* | /etc/* | /boot/* | /thimble/*) fail "the build root has its own /usr, /etc, /boot and /thimble, so the cache can't be in $cache; name another place:" \
      "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..." ;;
  esac
  readonly thimble_cache="$cache/thimble"
}

# Notes that a root was used now, for pruning.
record_use() { : 2> /dev/null > "$thimble_cache/used/$root_key" || true; }
