#!/usr/bin/env bash
# Loads an image archive into the first container engine on PATH, from standard input, because podman 4.3 cannot open a pipe by name, as
# rules_oci passes it. On the closed network, the stand-in calls the engine itself.
# Usage: loader.sh load --input FILE
set -o errexit -o nounset -o pipefail

main() {
  local engine
  if (($# != 3)) || [[ "$1 $2" != 'load --input' ]]; then
    printf 'usage: %s load --input FILE\n' "${0##*/}" >&2
    exit 64
  fi
  for engine in docker podman nerdctl; do
    if command -v "$engine" > /dev/null; then
      exec "$engine" load < "$3"
    fi
  done
  printf 'error: no container engine on PATH: expected docker, podman or nerdctl; install one:\n    sudo apt install podman\n' >&2
  exit 1
}

main "$@"
