# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Debian packages of the machine itself: bubblewrap, and what Debian's part of the root is made with.

readonly lock_timeout=600
apt_locks=(/var/lib/apt/lists/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock)

install_host_packages() {
  local absent=() package names
  local -A program_of=([bubblewrap]=bwrap)
  if [[ " ${missing[*]} " == *' debian '* ]]; then
    [[ ! -d "$image_components" ]] ||
      fail "this image was made for other Debian packages than those of this checkout (tools/distro/root); use the image of this checkout, made on a machine with tools/bazel:" \
        "tools/bazel run //platforms/ci:load"
    program_of[mmdebstrap]=mmdebstrap
    ((EUID == 0)) || program_of[uidmap]=newuidmap
  fi
  for package in "${!program_of[@]}"; do
    command -v "${program_of[$package]}" > /dev/null || absent+=("$package")
  done
  ((${#absent[@]})) || return 0

  command -v apt-get > /dev/null || fail "this system has no apt, and the build root is made of Debian's packages; use bazelisk, which needs the open internet:" \
    "bazelisk build //services/hello:image"
  names="$(printf '%s\n' "${absent[@]}" | sort | xargs)"
  ((EUID == 0)) || fail "the build root needs $names on this machine. Once:" "sudo apt install $names"
  say "installing $names on this machine"
  local log="$thimble_cache/log/apt.log"
  wait_for_package_lists
  if ! apt_install "${absent[@]}" > "$log" 2>&1 < /dev/null {lock}>&-; then
    tail -n 5 "$log" | sed 's/^/    /' >&2
    fail "$names could not be installed; once Debian's archive can be reached:" "apt install $names"
  fi
}

# apt_install PACKAGE...: waits for another run of apt or dpkg to end.
apt_install() {
  # An update fails as a whole when one of many archives does; the installation shows whether what is needed is there.
  apt-get update || true
  DEBIAN_FRONTEND=noninteractive apt-get install --option "DPkg::Lock::Timeout=$lock_timeout" --yes --no-install-recommends "$@"
}

# apt has no timeout for the lock of its lists.
wait_for_package_lists() {
  local deadline=$((SECONDS + lock_timeout)) reported=
  while apt_is_locked; do
    [[ -n "$reported" ]] || say "another program holds the lock of apt or dpkg; waiting for it"
    reported=1
    ((SECONDS < deadline)) || return 0
    sleep 1
  done
}

# The kernel's list of locks names files by device and inode.
apt_is_locked() {
  local file
  for file in "${apt_locks[@]}"; do
    [[ ! -e "$file" ]] || ! grep --quiet ":$(stat --format=%i "$file") " /proc/locks || return 0
  done
  return 1
}
