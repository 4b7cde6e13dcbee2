#!/usr/bin/env bash
# Locates the program and its files among the runfiles: under `bazel run`, as data of another target, with a runfiles directory or
# only a manifest. Requires only bash.
set -o errexit -o nounset -o pipefail

readonly target={{target}}

absolute() {
  case "$1" in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$PWD/$1" ;;
  esac
}

# Possible runfiles directories and manifests.
self="$(absolute "${BASH_SOURCE[0]}")"
directories=("${RUNFILES_DIR:-}" "$self.runfiles")
manifests=("${RUNFILES_MANIFEST_FILE:-}" "$self.runfiles_manifest" "$self.runfiles/MANIFEST")
if [[ "$self" == *.runfiles/* ]]; then
  directories+=("${self%.runfiles/*}.runfiles")
  manifests+=("${self%.runfiles/*}.runfiles_manifest" "${self%.runfiles/*}.runfiles/MANIFEST")
fi
readonly self directories manifests

rlocation() {
  local directory manifest name path
  for directory in "${directories[@]}"; do
    if [[ -n "$directory" && -e "$directory/$1" ]]; then
      absolute "$directory/$1"
      return
    fi
  done
  for manifest in "${manifests[@]}"; do
    [[ -n "$manifest" && -r "$manifest" ]] || continue
    while read -r name path; do
      if [[ "$name" == "$1" ]]; then
        printf '%s' "$path"
        return
      fi
    done <"$manifest"
  done
  printf 'error: %s: runfile %s not found; run the target with Bazel:\n    bazel run %s\n' "$target" "$1" "$target" >&2
  return 1
}

arguments=()

# file OPTION RUNFILE: adds an option whose value is the path of a runfile.
file() {
  local path
  path="$(rlocation "$2")"
  arguments+=("$1" "$path")
}

main() {
  local program
  program="$(rlocation {{tool}})"
{{arguments}}
  exec "$program" {{command}} --target "$target" "${arguments[@]}" "$@"
}

main "$@"
