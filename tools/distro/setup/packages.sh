# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Installs Debian packages on the machine itself: bubblewrap, and the tools that build the Debian stage.

readonly lock_timeout=600
apt_locks=(/var/lib/apt/lists/lock /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock)
os_release=/etc/os-release debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# find_absent_packages [debian]: sets `absent`, the packages that set-up requires and this machine lacks, with `debian` including those that
# build the Debian stage.
find_absent_packages() {
  local package
  local -A program_of=([bubblewrap]=bwrap)
  absent=()
  if [[ "${1:-}" == debian ]]; then
    program_of[mmdebstrap]=mmdebstrap
    ((EUID == 0)) || program_of[uidmap]=newuidmap
    # The apt of other distributions does not trust Debian's keys. mmdebstrap detects this with gpg and passes the keyring to apt.
    if ! grep --quiet --extended-regexp '^ID="?debian"?$' "$os_release" 2> /dev/null; then
      program_of[gpg]=gpg
      [[ -e "$debian_keyring" ]] || absent+=(debian-archive-keyring)
    fi
  fi
  for package in "${!program_of[@]}"; do
    command -v "${program_of[$package]}" > /dev/null || absent+=("$package")
  done
}

install_host_packages() {
  local absent names stage=
  if [[ " ${missing[*]} " == *' debian '* ]]; then
    [[ ! -d "$image_components" ]] ||
      fail "this image was built for other Debian packages than this checkout defines (tools/distro/root); build the image of this checkout on a machine with tools/bazel:" \
        "tools/bazel run //platforms/ci:load"
    stage=debian
  fi
  find_absent_packages $stage
  ((${#absent[@]})) || return 0

  command -v apt-get > /dev/null || fail "apt-get not found: the build root consists of Debian packages; use bazelisk, which requires internet access:" \
    "bazelisk build //services/hello:image"
  names="$(printf '%s\n' "${absent[@]}" | sort | xargs)"
  ((EUID == 0)) || fail "the build root requires $names on this machine; install once:" "sudo apt install $names"
  say "installing $names on this machine"
  local log="$thimble_cache/log/apt.log"
  wait_for_package_lists
  if ! apt_install "$log" "${absent[@]}"; then
    tail -n 5 "$log" | sed 's/^/    /' >&2
    fail "cannot install $names; when Debian's archive is reachable:" "apt install $names"
  fi
}

# apt_install LOG PACKAGE...: waits until other runs of apt and dpkg exit.
apt_install() {
  local log="$1"
  local install=(env DEBIAN_FRONTEND=noninteractive apt-get install --option "DPkg::Lock::Timeout=$lock_timeout" --yes --no-install-recommends "${@:2}")
  # One unreachable archive fails the whole update; the installation reports the packages that are actually missing.
  start_process apt-get update > "$log" 2>&1 < /dev/null {lock}>&-
  await_process || true
  start_process "${install[@]}" --download-only >> "$log" 2>&1 < /dev/null {lock}>&-
  await_process || return
  # In the foreground: after an interruption dpkg would have to be repaired.
  "${install[@]}" >> "$log" 2>&1 < /dev/null {lock}>&-
}

# apt has no timeout option for the lock of its package lists.
wait_for_package_lists() {
  local deadline=$((SECONDS + lock_timeout)) reported=
  while apt_is_locked; do
    [[ -n "$reported" ]] || say "another program holds the lock of apt or dpkg; waiting for it"
    reported=1
    ((SECONDS < deadline)) || return 0
    sleep 1
  done
}

# /proc/locks identifies files by device and inode.
apt_is_locked() {
  local file
  for file in "${apt_locks[@]}"; do
    [[ ! -e "$file" ]] || ! grep --quiet ":$(stat --format=%i "$file") " /proc/locks || return 0
  done
  return 1
}
