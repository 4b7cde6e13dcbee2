# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; sets `forky_bin` for the script
# Static programs of Debian forky, unpacked in the scratch directory without installation. Sourced.

# unpack_debian_forky PACKAGE...: sets `forky_bin`, the programs' directory.
unpack_debian_forky() {
  local directory="$scratch/forky-packages" mirror deb
  mkdir -p "$directory"/{state/lists/partial,cache/archives/partial,debs}
  # shellcheck disable=SC2016 # apt expands it
  mirror="${THIMBLE_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' | head -n 1)}"
  [[ -n "$mirror" ]] || check_failed "apt has no Debian mirror in its lists; to update them:" "apt-get update"
  printf 'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s forky main\n' "$mirror" > "$directory/sources"
  : > "$directory/status"
  local apt=(
    apt-get -o "Dir::Etc::sourcelist=$directory/sources" -o Dir::Etc::sourceparts=/dev/null -o "Dir::State=$directory/state"
    -o "Dir::State::status=$directory/status" -o "Dir::Cache=$directory/cache"
    # The index of a testing suite can be past its Valid-Until date.
    -o Acquire::Check-Valid-Until=false -o Acquire::Languages=none -o Acquire::Retries=3 -o APT::Sandbox::User=root
  )
  (cd "$directory/debs" && "${apt[@]}" update && "${apt[@]}" download "$@") > "$scratch/apt.log" 2>&1 ||
    check_failed "cannot download packages of forky: $*" "$(tail -n 3 "$scratch/apt.log")"
  for deb in "$directory"/debs/*.deb; do dpkg-deb --extract "$deb" "$scratch/forky"; done
  forky_bin="$scratch/forky/usr/bin"
}
