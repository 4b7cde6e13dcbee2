#!/usr/bin/env bash
# Every blob of an image in the data of another target is readable and matches its digest.
set -o errexit -o nounset -o pipefail

main() {
  local image="$TEST_SRCDIR/$1" blob found count=0
  for blob in "$image"/blobs/sha256/*; do
    found="$(sha256sum < "$blob")"
    [[ "${found%% *}" == "${blob##*/}" ]] || {
      printf '%s: found digest %s\n' "$blob" "$found" >&2
      exit 1
    }
    ((++count))
  done
  # Three layers, a config and a manifest.
  [[ "$count" == 5 ]] || {
    printf 'expected 5 blobs, found %s\n' "$count" >&2
    exit 1
  }
}

main "$@"
