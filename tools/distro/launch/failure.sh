# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Explains failures whose cause the message of Bazel or set-up does not show.

# explain_failure STATUS: bubblewrap exits with 1 on failure. If linux-sandbox fails, Bazel exits with 1, or with 3 if only tests failed;
# if it is unavailable, with 2. If Bazel crashes, it exits with 37. Bubblewrap and Bazel fail with 1, 2 or 36 if they cannot write the cache.
explain_failure() {
  (($1 != 37)) || explain_crash
  (($1 != 37 && $1 != 127)) || explain_limits
  (($1 > 2 && $1 != 36)) || check_writable_cache
  (($1 <= 3)) || return 0
  explain_full_disk
  # shellcheck source=tools/distro/launch/namespaces.sh
  source "$thimble_distro/launch/namespaces.sh"
  check_namespaces
}

# The JVM of Bazel's server inherits the caller's limits, and reserves more memory than it uses. Root may start any number of processes.
explain_limits() {
  local memory files processes
  memory="$(ulimit -v)" files="$(ulimit -Hn)" processes="$(ulimit -Hu)"
  [[ "$memory" == unlimited ]] || print_error "the address space is limited to $memory kB, and Bazel's JVM reserves several GB; remove the limit, a hard one in /etc/security/limits.conf:" "ulimit -v unlimited"
  [[ "$files" == unlimited ]] || ((files >= 1024)) || print_error "open files are limited to $files, and Bazel requires up to 1024; raise the limit, a hard one in /etc/security/limits.conf:" "ulimit -n 1024"
  [[ "$processes" == unlimited ]] || ((processes >= 1024 || EUID == 0)) ||
    print_error "processes of the user are limited to $processes, and Bazel requires up to 1024; raise the limit, a hard one in /etc/security/limits.conf:" "ulimit -u 1024"
}

# A full disk fails any program, and a log on the same disk may not contain the cause.
explain_full_disk() {
  local -i free
  free="$(df --output=avail --block-size=1M "$thimble_cache" 2> /dev/null | tail -n 1)" || return 0
  ((free >= 100)) || print_error "the disk is full: $free MB free in $thimble_cache; free disk space, or use another cache directory:" \
    "XDG_CACHE_HOME=/path/with/space tools/bazel ..."
}

check_writable_cache() {
  local directory
  for directory in "$thimble_cache" "$thimble_cache"/{bazel,disk}{,"/${components[debian]##*-}"}; do
    [[ ! -e "$directory" || -w "$directory" ]] ||
      fail "cannot write $directory; fix the owner of the cache, or use another one:" "sudo chown --recursive $UID ${thimble_cache@Q}" "XDG_CACHE_HOME=/path/to/cache tools/bazel ..."
  done
}

# Bazel crashes on a repeated execution property. The launcher rejects build-root on the command line, but not in rc files.
explain_crash() {
  local rc
  for rc in "$thimble_workspace"/{.bazelrc,user.bazelrc} "${HOME:-}/.bazelrc"; do
    [[ -f "$rc" && -r "$rc" ]] || continue
    ! grep --quiet --extended-regexp '^[^#]*--remote_default_exec_properties[= ]+"?build-root=' -- "$rc" ||
      print_error "invalid --remote_default_exec_properties in \"$rc\": expected a property other than build-root, which the launcher sets; to find it:" \
        "grep --line-number build-root= ${rc@Q}"
  done
}
