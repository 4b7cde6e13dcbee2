#!/usr/bin/env bash
# Finds the image and the tool that loads it, wherever this script is run from: by `bazel run`, as data of another
# target, with a folder of runfiles or with a manifest only. Uses nothing but bash.
set -o errexit -o nounset -o pipefail

readonly target='{{target}}' format='{{format}}'
# Paths among the runfiles; those of the tags and the loader may be empty.
readonly tool='{{tool}}' image='{{image}}' tags='{{tags}}' loader='{{loader}}'

absolute() {
  case "$1" in
    /*) printf '%s' "$1" ;;
    *) printf '%s' "$PWD/$1" ;;
  esac
}

# The folders that may hold the runfiles, and the manifests that may list them.
self="$(absolute "${BASH_SOURCE[0]}")"
folders=("${RUNFILES_DIR:-}" "$self.runfiles")
manifests=("${RUNFILES_MANIFEST_FILE:-}" "$self.runfiles_manifest" "$self.runfiles/MANIFEST")
if [[ "$self" == *.runfiles/* ]]; then
  folders+=("${self%.runfiles/*}.runfiles")
  manifests+=("${self%.runfiles/*}.runfiles_manifest" "${self%.runfiles/*}.runfiles/MANIFEST")
fi
readonly self folders manifests

rlocation() {
  local folder manifest name path
  for folder in "${folders[@]}"; do
    if [[ -n "$folder" && -e "$folder/$1" ]]; then
      absolute "$folder/$1"
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
  printf 'error: %s: %s is not among the runfiles; run it by Bazel:\n    bazel run %s\n' "$target" "$1" "$target" >&2
  return 1
}

main() {
  local program path
  local -a arguments
  program="$(rlocation "$tool")"
  path="$(rlocation "$image")"
  arguments=(load --target "$target" --format "$format" --image "$path")
  if [[ -n "$tags" ]]; then
    path="$(rlocation "$tags")"
    arguments+=(--tags "$path")
  fi
  if [[ -n "$loader" ]]; then
    path="$(rlocation "$loader")"
    arguments+=(--loader "$path")
  fi
  exec "$program" "${arguments[@]}" "$@"
}

main "$@"
