# The fast way in, sourced by tools/bazel: find the build root, or have it made, and run Bazel in it.
# Every call of Bazel passes here, so it forks as little as it can.

readonly thimble_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble"
readonly thimble_distro="$thimble_workspace/tools/distro"

say() { printf 'thimble: %s\n' "$*" >&2; }

fail() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
  exit 1
}

# One digest over all that defines the root; tools/distro/setup.sh gives each stage a finer one.
definition_key() {
  local files=("$thimble_distro"/setup.sh "$thimble_distro"/enter.sh "$thimble_distro"/root/* "$thimble_distro"/modules/rules_rust/**/*.bzl)
  local digest
  digest="$(cat -- "${files[@]}" | sha256sum)"
  printf '%s' "${digest:0:16}"
}

# Sets `components`: name to folder, for every part of the root.
declare -A components
read_components() {
  local name folder
  [[ -r "$1" ]] || return 1
  while read -r name folder; do
    [[ -d "$folder" ]] || return 1
    components[$name]="$folder"
  done < "$1"
}

main() {
  shopt -s globstar nullglob
  # shellcheck source=tools/distro/enter.sh
  source "$thimble_distro/enter.sh"
  local key ready
  key="$(definition_key)"
  ready="$thimble_cache/ready/$key"
  if ! read_components "$ready"; then
    bash "$thimble_distro/setup.sh" "$ready"
    read_components "$ready" || fail "the build root was made, but its record can't be read: $ready" "remove it and start again:" "rm -r '$thimble_cache'"
  fi
  # The terminal sends Ctrl-C to all of us; Bazel's client alone answers to it, and ends in its own time.
  trap '' INT
  run_bazel "$@"
}

main "$@"
