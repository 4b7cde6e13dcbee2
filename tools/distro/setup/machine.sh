# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# What has to be true of the machine, checked before anything is made.

readonly needed_kb=$((4 * 1024 * 1024))

# The cache can be made, written, and programs in it can be run.
check_cache() {
  local output probe="$thimble_cache/probe.$$"
  local elsewhere="XDG_CACHE_HOME=/path/of/yours tools/bazel ..."
  output="$(mkdir -p "$thimble_cache"/{ready,used,component,making,log,cargo,disk} 2>&1)" ||
    fail "the cache can't be made: ${output##*$'\n'}" "mend it, or put the cache elsewhere:" "$elsewhere"
  output="$(printf '#!/bin/sh\n' 2>&1 > "$probe" && chmod +x "$probe" 2>&1)" ||
    fail "the cache can't be written: ${output##*$'\n'}" "mend it, or put the cache elsewhere:" "$elsewhere"
  "$probe" 2> /dev/null ||
    fail "no program in $thimble_cache can be run: its file system is mounted noexec" "put the cache elsewhere:" "$elsewhere"
  rm "$probe"
}

check_disk() {
  local free
  free="$(df --output=avail --block-size=1K "$thimble_cache" | tail -n 1)"
  ((free >= needed_kb)) || fail "too little disk for the build root: $((free / 1024)) MB free in $thimble_cache, $((needed_kb / 1024)) MB needed" \
    "free some, or put the cache elsewhere:" "XDG_CACHE_HOME=/path/with/space tools/bazel ..."
}

# The real one, over the root.
check_linux_sandbox() {
  local output
  build_enter
  output="$(bwrap --args 8 -- /usr/share/bazel/linux-sandbox -W "$thimble_cache/making" -N -- /bin/true 8< <(printf '%s\0' "${enter[@]}") 2>&1)" ||
    explain_namespaces "Bazel's linux-sandbox does not work here, and nothing is built without it" "$output"
}
