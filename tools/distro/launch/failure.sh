# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Explains failures whose cause the message of Bazel or set-up does not show.

# explain_failure STATUS: bubblewrap exits with 1 on failure. If linux-sandbox fails, Bazel exits with 1, or with 3 if only tests failed;
# if it is unavailable, with 2. If Bazel crashes, it exits with 37, or with 33 if it cannot create a thread. Bubblewrap
# and Bazel fail with 1, 2 or 36 if they cannot write the cache.
explain_failure() {
  (($1 != 37)) || explain_crash
  (($1 != 33 && $1 != 37 && $1 != 127)) || explain_limits
  (($1 > 2 && $1 != 36)) || check_writable_cache
  (($1 > 3 && $1 != 36 && $1 != 37)) || explain_full_disk
  (($1 <= 3)) || return 0
  # shellcheck source=tools/distro/launch/namespaces.sh
  source "$thimble_distro/launch/namespaces.sh"
  check_namespaces
}

# The JVM of Bazel's server inherits the caller's limits, and reserves more memory than it uses. Root may start any number of processes, except
# in a control group that limits them.
explain_limits() {
  local memory data files processes file
  memory="$(ulimit -v)" data="$(ulimit -d)" files="$(ulimit -Hn)" processes="$(ulimit -Hu)"
  [[ "$memory" == unlimited ]] || print_error "the address space is limited to $memory kB, and Bazel's JVM reserves several GB; remove the limit, a hard one in /etc/security/limits.conf:" "ulimit -v unlimited"
  [[ "$data" == unlimited ]] || print_error "data segments are limited to $data kB, and Bazel's JVM reserves several GB; remove the limit, a hard one in /etc/security/limits.conf:" "ulimit -d unlimited"
  [[ "$files" == unlimited ]] || ((files >= 1024)) || print_error "open files are limited to $files, and Bazel requires up to 1024; raise the limit, a hard one in /etc/security/limits.conf:" "ulimit -n 1024"
  [[ "$processes" == unlimited ]] || ((processes >= 1024 || EUID == 0)) ||
    print_error "processes of the user are limited to $processes, and Bazel requires up to 1024; raise the limit, a hard one in /etc/security/limits.conf:" "ulimit -u 1024"
  for file in /sys/fs/cgroup/{,pids/}pids.max; do
    [[ -r "$file" ]] || continue
    processes="$(< "$file")"
    [[ "$processes" == max ]] || ((processes >= 1024)) ||
      print_error "the container is limited to $processes processes, and Bazel requires up to 1024; raise the limit:" "docker run --pids-limit 1024 ..."
  done
}

# A full disk fails any program, and a log on the same disk may not contain the cause.
explain_full_disk() {
  local free inodes free_inodes
  # Some file systems have no limit of inodes, and report 0 or "-" of them.
  read -r free inodes free_inodes < <(df --output=avail,itotal,iavail --block-size=1M "$thimble_cache" 2> /dev/null | tail -n 1) || return 0
  if ((free < 100)); then
    free="$free MB"
  elif [[ "$inodes" == [1-9]* ]] && ((free_inodes < 100)); then
    free="$free_inodes inodes"
  else
    return 0
  fi
  # Bazel cannot clean on a full disk.
  print_error "the disk is full: $free free in $thimble_cache; free disk space, such as that of the disk cache, or use another cache directory:" \
    "rm -rf ${thimble_cache@Q}/disk/*/*" "XDG_CACHE_HOME=/path/with/space tools/bazel ..."
}

# Bazel rejects an output root of another user, even for root.
check_writable_cache() {
  local path outputs="$thimble_cache/bazel/${components[debian]##*-}" location="XDG_CACHE_HOME=/path/to/cache tools/bazel ..."
  for path in "$thimble_cache" "$thimble_cache"/{bazel,disk}{,"/${components[debian]##*-}"}; do
    [[ ! -e "$path" || -w "$path" ]] || fail "cannot write $path; fix the owner of the cache, or use another one:" "sudo chown --recursive $UID ${thimble_cache@Q}" "$location"
  done
  [[ ! -e "$outputs" || -O "$outputs" ]] ||
    fail "$outputs belongs to the user $(stat --format=%U "$outputs"); run the command as this user, without sudo, or use another cache:" "$location"
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
