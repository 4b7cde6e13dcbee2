# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Requirements on the machine, checked before anything is built.

# MB of disk that a stage requires: about twice the size of its component, and for the Debian stage also the first build. 4 GB in total.
declare -rA required_mb=([debian]=3100 [certificates]=10 [rules_rust]=50 [zig]=500 [rust-std]=400 [cargo-bazel]=36)

# Requires a cache directory that is writable, with its directories and logs, and not mounted noexec.
check_cache() {
  # The processes of containers that share the cache have equal numbers.
  local output path probe="$thimble_cache/probe.$$.${EPOCHREALTIME//[!0-9]/}"
  local other_cache="XDG_CACHE_HOME=/path/to/cache tools/bazel ..."
  output="$(mkdir -p "$thimble_cache"/{ready,used,component,making,log,cargo,disk} 2>&1)" ||
    fail "cannot create the cache: ${output##*$'\n'}" "fix its permissions, or use another cache directory:" "$other_cache"
  output="$(printf '#!/bin/sh\n' 2>&1 > "$probe" && chmod +x "$probe" 2>&1)" ||
    fail "cannot write the cache: ${output##*$'\n'}" "fix its permissions, or use another cache directory:" "$other_cache"
  "$probe" 2> /dev/null || {
    rm "$probe"
    fail "cannot run programs in $thimble_cache: its file system is mounted noexec" "use another cache directory:" "$other_cache"
  }
  rm "$probe"
  for path in "$thimble_cache"/{ready,used,component,making,log,cargo,disk,making/*,log/*}; do
    [[ ! -e "$path" || -w "$path" ]] || fail "cannot write $path; fix the owner of the cache, or use another one:" "sudo chown --recursive $UID ${thimble_cache@Q}" "$other_cache"
  done
}

# The owners of Debian's files are subordinate users, or for root any users. Network file systems, and those of Windows in WSL, may refuse these.
check_file_owners() {
  local output probe="$thimble_cache/making/probe.$$" mapped=()
  ((EUID == 0)) || mapped=(unshare --user --map-root-user --map-auto)
  # shellcheck disable=SC2016 # expanded by sh
  output="$("${mapped[@]}" sh -c ': > "$1" && chown 1:1 "$1" && rm "$1"' - "$probe" 2>&1)" || {
    rm -f "$probe"
    fail "cannot change the owner of a file in $thimble_cache, which unpacking Debian's packages requires: ${output##*$'\n'}" \
      "use a cache directory on a local file system:" "XDG_CACHE_HOME=/local/path tools/bazel ..."
  }
}

# Sets `required`: the MB of disk that the missing stages require.
find_required_disk() {
  local name
  required=0
  for name in "${missing[@]}"; do ((required += ${required_mb[$name]})); done
}

check_disk() {
  local free required
  find_required_disk
  free="$(df --output=avail --block-size=1M "$thimble_cache" | tail -n 1)"
  ((free >= required)) || fail "too little disk for the build root: $((free)) MB free in $thimble_cache, $required MB required" \
    "free disk space, or use another cache directory:" "XDG_CACHE_HOME=/path/with/space tools/bazel ..."
}

# Runs the linux-sandbox that Bazel uses, in the root.
check_linux_sandbox() {
  local output
  build_enter
  output="$(bwrap --args 8 -- /usr/share/bazel/linux-sandbox -W "$thimble_cache/making" -N -- /bin/true 8< <(printf '%s\0' "${enter[@]}") 2>&1)" ||
    explain_namespaces "Bazel's linux-sandbox does not work on this machine, and every action requires it" "$output"
}
