#!/usr/bin/env bash
# Loads an image archive into the first container engine on PATH that responds, from standard input, because podman 4.3 cannot open a pipe by
# name, as rules_oci passes it. On the closed network, the stand-in calls the engine itself.
# Usage: loader.sh load --input FILE
set -o errexit -o nounset -o pipefail

main() {
  local engine engines=() chosen
  if (($# != 3)) || [[ "$1 $2" != 'load --input' ]]; then
    printf 'usage: %s load --input FILE\n' "${0##*/}" >&2
    exit 64
  fi
  for engine in docker podman nerdctl; do
    ! command -v "$engine" > /dev/null || engines+=("$engine")
  done
  if ((!${#engines[@]})); then
    printf 'error: no container engine on PATH: expected docker, podman or nerdctl; install one:\n    sudo apt install podman\n' >&2
    exit 1
  fi
  choose_engine
  exec "$chosen" load < "$3"
}

# Sets `chosen` to the first engine that responds, or to the first, whose load reports the error.
choose_engine() {
  local engine
  chosen="${engines[0]}"
  ((${#engines[@]} > 1)) || return 0
  for engine in "${engines[@]}"; do
    if "$engine" info > /dev/null 2>&1 < /dev/null; then
      [[ "$engine" == "$chosen" ]] || printf '%s info fails; loading into %s\n' "$chosen" "$engine" >&2
      chosen="$engine"
      return
    fi
  done
}

main "$@"
