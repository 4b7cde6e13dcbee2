#!/usr/bin/env bash
# Tests the loader of images, with engines that print their arguments and input. Usage: loader_test.sh LOADER
set -o errexit -o nounset -o pipefail

readonly loader="$1"
readonly directory="$TEST_TMPDIR/bin"

# expect WHAT EXPECTED FOUND
expect() {
  [[ "$3" == *"$2"* ]] || {
    printf 'error: %s: expected "%s", found "%s"\n' "$1" "$2" "$3" >&2
    exit 1
  }
}

# add_engine NAME INFO: an engine whose command `info` exits with INFO.
add_engine() {
  # shellcheck disable=SC2016 # the engine expands them
  printf '#!%s\n[[ "$1" != info ]] || exit %s\nread -r input\nprintf "%%s %%s: %%s" "${0##*/}" "$*" "$input"\n' "$BASH" "$2" > "$directory/$1"
  chmod +x "$directory/$1"
}

# load_archive [ARG...]: runs the loader with the engines of $directory only; prints the output and the exit code.
load_archive() {
  local status=0
  PATH="$directory" "$BASH" "$loader" "$@" 2>&1 || status=$?
  printf ' exit %s' "$status"
}

main() {
  mkdir "$directory"
  expect "without an engine" "expected docker, podman or nerdctl" "$(load_archive load --input /dev/null)"
  expect "without an engine" "exit 1" "$(load_archive load --input /dev/null)"
  add_engine podman 1
  expect "podman reads standard input" "podman load: archive exit 0" "$(load_archive load --input <(printf 'archive\n'))"
  add_engine docker 1
  expect "neither docker nor podman responds" "docker load: archive exit 0" "$(load_archive load --input <(printf 'archive\n'))"
  add_engine podman 0
  expect "only podman responds: the report" "docker info fails; loading into podman" "$(load_archive load --input <(printf 'archive\n'))"
  expect "only podman responds" "podman load: archive exit 0" "$(load_archive load --input <(printf 'archive\n'))"
  add_engine docker 0
  expect "docker precedes podman" "docker load: archive exit 0" "$(load_archive load --input <(printf 'archive\n'))"
  expect "an invalid argument" "exit 64" "$(load_archive load)"
}

main
