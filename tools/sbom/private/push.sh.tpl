#!/usr/bin/env bash
# Pushes an image index, then the SBOMs of each platform's image. What it runs lies beside it, under its own name.
set -o errexit -o nounset -o pipefail

readonly target={{target}}
readonly flag='{{flag}}'
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

# need_repository [FLAG...]: the repository is named by the target or by a flag.
need_repository() {
  local argument
  [[ ! -s "$self.repository" ]] || return 0
  for argument in "$@"; do
    case "$argument" in
      -r* | --repository | --repository=*) return 0 ;;
    esac
  done
  printf 'error: %s: no registry to push to; name one, in .bazelrc or here:\n    bazel run --%s=HOST/PREFIX %s\n' "$target" "$flag" "$target" >&2
  exit 1
}

# select_sbom_flags [FLAG...]: sets `arguments` to those that are not about the index alone; a tag of the index is none of the SBOMs'.
select_sbom_flags() {
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
  need_repository "$@"
  "$self.index" "$@"
  select_sbom_flags "$@"
  for architecture in ${architectures[@]+"${architectures[@]}"}; do
    tag="$(< "$self.$architecture.tag")"
    # The last line on standard output stays the index's reference.
    "$self.$architecture" --tag "$tag" ${arguments[@]+"${arguments[@]}"} >&2 || {
      printf 'error: %s: the image index is in the registry, but the SBOMs for linux/%s are not; run it again:\n    bazel run %s\n' \
        "$target" "$architecture" "$target" >&2
      exit 1
    }
  done
}

main "$@"
