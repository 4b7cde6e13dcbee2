#!/usr/bin/env bash
# Makes the build root, once: a folder for each stage, each made aside and renamed when whole.
# Interrupted anywhere, the next run keeps what is whole and makes the rest; started twice, one waits for the other.
# Usage: setup.sh READY_FILE    (called by launch.sh; what it writes there names the folders)
set -o errexit -o nounset -o pipefail

thimble_distro="$(cd -P -- "${BASH_SOURCE[0]%/*}" && pwd)"
readonly thimble_distro
readonly ready="$1"
readonly thimble_cache="${ready%/ready/*}"
readonly needed_kb=$((4 * 1024 * 1024))

# shellcheck source=tools/distro/setup/say.sh
source "$thimble_distro/setup/say.sh"
# shellcheck source=tools/distro/setup/preflight.sh
source "$thimble_distro/setup/preflight.sh"
# shellcheck source=tools/distro/setup/stage.sh
source "$thimble_distro/setup/stage.sh"
# shellcheck source=tools/distro/setup/prune.sh
source "$thimble_distro/setup/prune.sh"
# shellcheck source=tools/distro/enter.sh
source "$thimble_distro/enter.sh"

declare -A components

take_lock() {
  exec {lock}> "$thimble_cache/lock"
  if ! flock --nonblock "$lock"; then
    say "another run is setting up the build root; waiting for it"
    flock "$lock"
  fi
}

# What an interrupted run left aside.
sweep() {
  local left
  for left in "$thimble_cache"/making/*; do
    say "removing what an interrupted run left: ${left##*/}"
    remove_tree "$left"
  done
}

main() {
  shopt -s nullglob globstar
  mkdir -p "$thimble_cache"/{ready,component,making,log,cargo}
  take_lock
  trap stop_stage INT TERM
  # The run that held the lock may have done it all.
  [[ ! -r "$ready" ]] || { components_there && return; }
  sweep

  local started=$SECONDS
  install_host_packages
  stages_plan
  if stages_missing; then
    check_disk
    say "setting up the build root in $thimble_cache (once)"
  fi
  stages_run
  check_sandbox
  write_ready
  prune_cache
  say "the build root is ready, after $((SECONDS - started)) s ($(du --summarize --human-readable "$thimble_cache/component" | cut -f1) in all)"
}

components_there() {
  local name folder
  while read -r name folder; do [[ -d "$folder" ]] || return 1; done < "$ready"
}

write_ready() {
  local name
  for name in "${!components[@]}"; do printf '%s %s\n' "$name" "${components[$name]}"; done > "$ready.new"
  mv "$ready.new" "$ready"
}

main
