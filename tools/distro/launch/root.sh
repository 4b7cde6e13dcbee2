# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Finds the build root that this checkout defines, or has it made.

readonly machine_certificates=/usr/local/share/ca-certificates
# In an image of the root (platforms/ci): its parts, by the same names as in the cache, and crates.
readonly image_components=/thimble/component image_crates=/thimble/crates

# Sets `root_key`: a digest over all that defines the root, the machine's own certificates included.
# tools/distro/setup.sh gives each stage a finer one.
definition_key() {
  local files digest
  shopt -s globstar nullglob
  files=("$thimble_distro"/setup.sh "$thimble_distro"/setup/* "$thimble_distro"/launch/{enter,environment}.sh "$thimble_distro"/root/*
    "$thimble_distro"/modules/rules_rust/**/*.bzl "$machine_certificates"/**/*.crt)
  shopt -u globstar nullglob
  digest="$(cat -- "${files[@]}" | sha256sum)"
  root_key="${digest:0:16}"
}

# read_components FILE: sets `components`, name to directory, for every part of the root, and `build_root`, its identity for remote caches; fails if
# one is missing.
read_components() {
  local name value
  declare -gA components=()
  build_root=''
  [[ -r "$1" ]] || return 1
  while read -r name value; do
    if [[ "$name" == identity ]]; then
      build_root="$value"
      continue
    fi
    [[ -d "$value" ]] || return 1
    components[$name]="$value"
  done < "$1"
  [[ -n "$build_root" ]]
}

# Sets `components` and `root_key`, after making what is missing.
prepare_root() {
  definition_key
  local ready="$thimble_cache/ready/$root_key" status=0
  if ! read_components "$ready"; then
    select_environment "${setup_variables[@]}"
    # A child in the background ignores INT by default. Killed with the launcher, it ends too.
    run_child setup env --ignore-environment --default-signal=INT,QUIT "${environment[@]}" setpriv --pdeathsig TERM bash -p "$thimble_distro/setup.sh" "${thimble_distro%/tools/distro}" "$ready" || status=$?
    ((status == 0)) || exit "$status"
    read_components "$ready" || fail "the build root was made, but its record $ready can't be read; remove the cache and start again:" "rm -r '$thimble_cache'"
  fi
  record_use
}
