# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Locates the build root that this checkout defines, or runs set-up.

readonly machine_certificates=/usr/local/share/ca-certificates
# In an image of the root (platforms/ci): its components, with the same names as in the cache, and crates.
readonly image_components=/thimble/component image_crates=/thimble/crates

# Sets `certificates`: the machine's own, as update-ca-certificates finds them. Requires nullglob.
find_certificates() {
  local file entries=("$machine_certificates"/*)
  certificates=()
  # Most machines have none, and find forks.
  ((${#entries[@]})) || return 0
  mapfile -d '' -t certificates < <(find -L "$machine_certificates" -type f -name '*.crt' -print0 2> /dev/null | LC_ALL=C sort --zero-terminated)
  for file in "${certificates[@]}"; do
    [[ -r "$file" ]] || fail "cannot read the certificate $file; make it readable for all users:" "sudo chmod a+r ${file@Q}"
  done
}

# Sets `root_key`: a digest of the files that define the root, including the machine's certificates. Set-up computes a separate key per
# stage.
definition_key() {
  local files digest certificates
  shopt -s globstar nullglob
  find_certificates
  files=("$thimble_distro"/setup.sh "$thimble_distro"/setup/* "$thimble_distro"/launch/{enter,environment}.sh "$thimble_distro"/root/*
    "$thimble_distro"/modules/rules_rust/**/*.{bzl,rs} "${certificates[@]}")
  shopt -u globstar nullglob
  digest="$(cat -- "${files[@]}" | sha256sum)"
  root_key="${digest:0:16}"
}

# read_components FILE: sets `components`, which maps each component of the root to its directory, and `build_root`, the root's identity for
# remote caches. Fails if one is missing.
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

# exec_setup READY_FILE: replaces this process by set-up, with `environment`. Background children ignore INT by default, and a terminal with
# `stty tostop` would stop them when they write. setpriv terminates set-up if the launcher is killed.
exec_setup() {
  local exports command
  printf -v exports '\nexport %q' "${environment[@]}"
  printf -v command '%q ' exec setpriv --pdeathsig TERM bash -p "$thimble_distro/setup.sh" "${thimble_distro%/tools/distro}" "$1"
  exec_statements "$exports" "$command" --default-signal=INT,QUIT --ignore-signal=TTOU
}

# Sets `components` and `root_key`; runs set-up if a component is missing.
prepare_root() {
  definition_key
  local ready="$thimble_cache/ready/$root_key" status=0
  # The cache may be of another machine. Set-up installs bubblewrap, and reports a cache that is not writable.
  command -v bwrap > /dev/null || rm -f -- "$ready" 2> /dev/null || true
  if ! command -v bwrap > /dev/null || ! read_components "$ready"; then
    # Symbolic links are resolved only here, because that forks.
    check_cache_location "$(realpath --canonicalize-missing -- "${thimble_cache%/thimble}")" "$thimble_workspace"
    # shellcheck source=tools/distro/launch/proxies.sh
    source "$thimble_distro/launch/proxies.sh"
    select_environment "${setup_variables[@]}"
    add_lower_case_proxies
    run_child setup exec_setup "$ready" || status=$?
    if ((status == 1)); then
      explain_proxies
      explain_full_disk
    fi
    ((status == 0)) || exit "$status"
    read_components "$ready" || fail "cannot read $ready, the record of the completed build root; remove the cache and repeat the command:" "chmod -R u+w ${thimble_cache@Q} && rm -rf ${thimble_cache@Q}"
  fi
  record_use
}
