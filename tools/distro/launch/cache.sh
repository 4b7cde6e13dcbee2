# shellcheck shell=bash disable=SC2034,SC2154 # sourced

# Sets `thimble_cache`.
locate_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}"
  # Bazel exits without a message.
  [[ "${HOME:-/}" == /* ]] || fail_usage "invalid HOME \"$HOME\": expected an absolute path; set it:" "HOME=/path/to/home tools/bazel ..."
  [[ "$cache" != /.cache ]] || fail_usage "neither HOME nor XDG_CACHE_HOME is set, so the cache has no location; set one:" \
    "XDG_CACHE_HOME=/path/to/cache tools/bazel ..."
  [[ "$cache" == /* ]] || fail_usage "invalid XDG_CACHE_HOME \"$cache\": expected an absolute path; use the default:" "unset XDG_CACHE_HOME"
  check_cache_location "$cache" "$thimble_workspace"
  readonly thimble_cache="$cache/thimble"
}

# check_cache_location CACHE WORKSPACE: the cache contains BUILD files, which `//...` would match in the workspace.
check_cache_location() {
  local entry entries=()
  case "$1/" in
    /usr/* | /etc/* | /boot/* | /thimble/*) fail_usage "invalid cache directory \"$1\": the build root replaces /usr, /etc, /boot and /thimble; set another directory:" \
      "XDG_CACHE_HOME=/path/to/cache tools/bazel ..." ;;
  esac
  [[ "$1/" == "$2"/* ]] || return 0
  [[ ! -r "$2/.bazelignore" ]] || mapfile -t entries < "$2/.bazelignore"
  for entry in "${entries[@]}"; do
    [[ -z "$entry" || "$1/" != "$2/${entry%/}"/* ]] || return 0
  done
  fail_usage "invalid cache directory \"$1\": expected a directory outside the workspace, or one that .bazelignore lists:" \
    "XDG_CACHE_HOME=/path/to/cache tools/bazel ..."
}

# Records the time of the root's last use, for pruning. The file may be another user's, as after sudo with the caller's HOME.
record_use() {
  local file="$thimble_cache/used/$root_key"
  { : > "$file" || { rm -f -- "$file" && : > "$file"; }; } 2> /dev/null || true
}
