# shellcheck shell=bash disable=SC2034,SC2154 # sourced files share its variables
# Builds the build root: one directory per stage, built aside and renamed into place when complete. After an interruption the next
# run keeps the complete stages and builds the rest. A lock serializes concurrent runs.
# Usage: bash -p setup.sh CHECKOUT READY_FILE    (called by launch/root.sh; READY_FILE lists the directories)
set -o errexit -o nounset -o pipefail
umask 022

readonly thimble_distro="$1/tools/distro"
readonly ready="$2"
readonly thimble_cache="${ready%/ready/*}"

for file in launch/{messages,machine,environment,root,enter,namespaces,prune} setup/{process,machine,packages,stage,progress}; do
  # shellcheck source=/dev/null
  source "$thimble_distro/$file.sh"
done

# Children must not inherit the lock: a child that outlives a killed run would keep holding it.
take_lock() {
  local output status=0
  { exec {lock}> "$thimble_cache/lock"; } 2> /dev/null ||
    fail "cannot write the cache's lock $thimble_cache/lock; fix the owner of the cache:" "sudo chown --recursive $UID ${thimble_cache@Q}"
  output="$(flock --nonblock "$lock" 2>&1)" || status=$?
  ((status != 0)) || return 0
  ((status == 1)) || fail "cannot lock a file in $thimble_cache, which set-up requires: $output" \
    "use a cache directory on a local file system:" "XDG_CACHE_HOME=/local/path tools/bazel ..."
  say "another run is setting up the build root; waiting for it"
  start_process setpriv --pdeathsig TERM flock "$lock"
  await_process
}

remove_leftovers() {
  local leftover
  for leftover in "$thimble_cache"/making/*; do
    say "removing leftovers of an interrupted run: ${leftover##*/}"
    remove_tree "$leftover"
  done
}

write_ready() {
  local name
  {
    for name in "${!components[@]}"; do printf '%s %s\n' "$name" "${components[$name]}"; done
    printf 'identity %s\n' "$(identify_root)"
  } > "$ready.new"
  mv "$ready.new" "$ready"
}

# A digest of the root's undeclared inputs of actions: the Debian packages and the script that configures them. All other parts are
# declared inputs.
identify_root() {
  local digest
  digest="$({
    printf '%s\n' "${stage_directory[debian]##*/}"
    cat "${stage_directory[debian]}/usr/share/thimble/packages"
  } | sha256sum)"
  printf '%s' "${digest:0:16}"
}

main() {
  read_caller_environment
  select_environment "${setup_variables[@]}"
  check_cache
  trap_signals
  take_lock
  # The run that held the lock may have completed the root.
  ! read_components "$ready" || return 0
  shopt -s nullglob globstar
  remove_leftovers

  local started=$SECONDS
  plan_stages
  find_missing_stages
  install_host_packages
  check_namespaces
  if [[ ! -d "${stage_directory[debian]}" ]]; then
    check_user_mapping
    check_file_owners
  fi
  if ((${#missing[@]})); then
    check_disk
    announce_stages
  fi
  run_stages
  check_linux_sandbox
  write_ready
  ((!${#missing[@]})) || say "the build root is ready, after $((SECONDS - started)) s ($(du --summarize --human-readable "$thimble_cache/component" | cut -f1) in total)"
  # The root is complete; a failure of pruning is reported only, as that of the daily pruning.
  prune_cache "$lock" || true
}

main
