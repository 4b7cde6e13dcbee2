#!/usr/bin/env bash
# Pushes an image index, then the SBOMs of each platform's image. The programs and files that it uses are next to it, named after it.
set -o errexit -o nounset -o pipefail

readonly target={{target}}
readonly flag='{{flag}}'
readonly architectures=({{architectures}})

self="${BASH_SOURCE[0]}"
[[ "$self" == /* ]] || self="$PWD/$self"
readonly self

# Lets the pushes find their files in the runfiles of this script.
share_runfiles() {
  local root="$self"
  [[ -d "$root.runfiles" || "$root" != *.runfiles/* ]] || root="${root%.runfiles/*}"
  [[ ! -d "$root.runfiles" ]] || export RUNFILES_DIR="$root.runfiles"
  [[ ! -f "$root.runfiles_manifest" ]] || export RUNFILES_MANIFEST_FILE="$root.runfiles_manifest"
}

# is_help [FLAG...]
is_help() {
  local argument
  for argument in "$@"; do [[ "$argument" != -h && "$argument" != --help ]] || return 0; done
  return 1
}

# need_repository [FLAG...]: fails unless the target or a flag names a repository.
need_repository() {
  local argument
  [[ ! -s "$self.repository" ]] || return 0
  for argument in "$@"; do
    case "$argument" in
      -r* | --repository | --repository=*) return 0 ;;
    esac
  done
  printf 'error: %s: no registry to push to: expected the flag in .bazelrc or on the command line:\n    bazel run --%s=HOST/PREFIX %s\n' "$target" "$flag" "$target" >&2
  exit 1
}

# select_sbom_flags [FLAG...]: sets `arguments` to the flags that apply to the pushes of SBOMs, too.
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
  ! is_help "$@" || exec "$self.index" --help
  need_repository "$@"
  "$self.index" "$@"
  select_sbom_flags "$@"
  for architecture in ${architectures[@]+"${architectures[@]}"}; do
    tag="$(< "$self.$architecture.tag")"
    # Standard output ends with the reference of the index.
    "$self.$architecture" --tag "$tag" ${arguments[@]+"${arguments[@]}"} >&2 || {
      printf 'error: %s: the image index was pushed, but the SBOMs for linux/%s were not; retry with:\n    bazel run %s\n' \
        "$target" "$architecture" "$target" >&2
      exit 1
    }
  done
}

main "$@"
