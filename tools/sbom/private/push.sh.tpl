#!/usr/bin/env bash
# Pushes an image index, then the bills of each platform's image. What it runs lies beside it, under its own name.
set -o errexit -o nounset -o pipefail

readonly target={{target}}
readonly architectures=({{architectures}})

self="${BASH_SOURCE[0]}"
[[ "$self" == /* ]] || self="$PWD/$self"
readonly self

# What it runs finds its files where this script's own are.
share_runfiles() {
  local root="$self"
  [[ -d "$root.runfiles" || "$root" != *.runfiles/* ]] || root="${root%.runfiles/*}"
  [[ ! -d "$root.runfiles" ]] || export RUNFILES_DIR="$root.runfiles"
  [[ ! -f "$root.runfiles_manifest" ]] || export RUNFILES_MANIFEST_FILE="$root.runfiles_manifest"
}

# for_bills [FLAG...]: sets `arguments` to those that are not about the index alone; a tag of the index is none of the bills'.
for_bills() {
  arguments=()
  while (($#)); do
    case "$1" in
      -t | --tag | --digest-file | --json | --image-refs) shift ;;
      -t* | --tag=* | --digest-file=* | --json=* | --image-refs=*) ;;
      *) arguments+=("$1") ;;
    esac
    shift
  done
}

main() {
  local architecture arguments tag
  share_runfiles
  "$self.index" "$@"
  for_bills "$@"
  for architecture in "${architectures[@]}"; do
    tag="$(< "$self.$architecture.tag")"
    # The last line on standard output stays the index's reference.
    "$self.$architecture" --tag "$tag" ${arguments[@]+"${arguments[@]}"} >&2 || {
      printf 'error: %s: the image index is in the registry, but the bills for linux/%s are not; run it again:\n    bazel run %s\n' \
        "$target" "$architecture" "$target" >&2
      exit 1
    }
  done
}

main "$@"
