# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; sets `forky_bin` for the script
# Packages of Debian forky, unpacked in the scratch directory without installation. Sourced.

# unpack_debian_forky PACKAGE...: the packages without dependencies, for programs that run on this machine's libraries. Sets `forky_bin`, the
# programs' directory.
unpack_debian_forky() {
  update_debian_forky
  mkdir -p "$scratch/forky-packages/debs"
  (cd "$scratch/forky-packages/debs" && "${forky_apt[@]}" download "$@") > "$scratch/apt.log" 2>&1 ||
    check_failed "cannot download packages of forky: $*" "$(tail -n 3 "$scratch/apt.log")"
  unpack_debs "$scratch/forky-packages/debs" "$scratch/forky"
  forky_bin="$scratch/forky/usr/bin"
}

# unpack_debian_forky_root DIRECTORY PACKAGE...: the packages and their dependencies, for chroot.
unpack_debian_forky_root() {
  update_debian_forky
  "${forky_apt[@]}" install --yes --no-install-recommends --download-only "${@:2}" > "$scratch/apt.log" 2>&1 ||
    check_failed "cannot download packages of forky: ${*:2}" "$(tail -n 3 "$scratch/apt.log")"
  unpack_debs "$scratch/forky-packages/cache/archives" "$1"
}

# unpack_debs FROM TO: unpacks the packages of a directory and removes them.
unpack_debs() {
  local deb
  for deb in "$1"/*.deb; do dpkg-deb --extract "$deb" "$2"; done
  rm "$1"/*.deb
}

# Sets `forky_apt`, the command line of an apt with forky's index and no installed packages.
update_debian_forky() {
  local directory="$scratch/forky-packages" mirror
  [[ ! -e "$directory" ]] || return 0
  mkdir -p "$directory"/{state/lists/partial,cache/archives/partial}
  # shellcheck disable=SC2016 # apt expands it
  mirror="${THIMBLE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)}"
  [[ -n "$mirror" ]] || check_failed "apt has no Debian mirror in its lists; to update them:" "apt-get update"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s forky main\n' "$mirror" > "$directory/sources"
  : > "$directory/status"
  forky_apt=(
    apt-get -o "Dir::Etc::sourcelist=$directory/sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$directory/state"
    -o "Dir::State::status=$directory/status" -o "Dir::Cache=$directory/cache" -o Debug::NoLocking=true
    # The index of a testing suite can be past its Valid-Until date.
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root
  )
  "${forky_apt[@]}" update > "$scratch/apt.log" 2>&1 || check_failed "cannot download forky's index" "$(tail -n 3 "$scratch/apt.log")"
}
