#!/usr/bin/env bash
# Tests crates.py with a cargo home of one crate: its output, and the message for each incomplete home.
# Usage: crates_test.sh CRATES_PY
set -o errexit -o nounset -o pipefail

readonly crates="$PWD/$1"
cd "${TEST_TMPDIR:?run with Bazel}"

failed() {
  printf 'failed: %s\n' "$@" >&2
  exit 1
}

# write_index_entry VERSION...
write_index_entry() {
  local version
  {
    printf '\3\2\0\0\0etag: 1\0'
    for version; do printf '%s\0{"name": "itoa", "vers": "%s"}\0' "$version" "$version"; done
  } > home/registry/index/crates-1/.cache/it/oa/itoa
}

create_home() {
  rm -rf home out
  mkdir -p home/registry/{index/crates-1/.cache/it/oa,cache/crates-1}
  ln -s crates-1 home/registry/index/crates-2
  printf '{}' > home/registry/index/crates-1/config.json
  printf 'archive' > home/registry/cache/crates-1/itoa-1.0.2.crate
  write_index_entry 1.0.1 1.0.2
  printf '[[package]]\nname = "itoa"\nversion = "1.0.2"\nsource = "registry+https://github.com/rust-lang/crates.io-index"\nchecksum = "%s"\n' \
    "$(printf 'archive' | sha256sum | cut -d' ' -f1)" > Cargo.lock
  # A private registry.
  mkdir -p home/registry/index/private-1/.cache/te/am
  printf '[[package]]\nname = "team"\nversion = "1.0.0"\nsource = "sparse+https://index.invalid/"\nchecksum = "0"\n' >> Cargo.lock
}

# check_rejected MESSAGE REMOVED
check_rejected() {
  local found status=0
  found="$(python3 "$crates" home out Cargo.lock 2>&1)" || status=$?
  ((status == 1)) || failed "$1: exit code $status"
  [[ "$found" == "crates.py: $1; to download it again, remove it and repeat the build:"$'\n'"    rm -rf $2" ]] || failed "$1" "found: $found"
}

writes_locked_versions() {
  create_home
  python3 "$crates" home out Cargo.lock
  [[ "$(tr '\0' '\n' < out/cargo/registry/index/crates-1/.cache/it/oa/itoa | tail -n 2)" == $'1.0.2\n{"name": "itoa", "vers": "1.0.2"}' ]] ||
    failed "the index has the locked version only"
  [[ "$(< out/archives/itoa-1.0.2.crate)" == archive ]] || failed "the archive is copied"
  [[ "$(ls out/archives out/cargo/registry/index)" != *team* ]] || failed "crates of other registries are not copied"
}

rejects_incomplete_home() {
  local entry=home/registry/index/crates-1/.cache/it/oa/itoa archive=home/registry/cache/crates-1/itoa-1.0.2.crate
  create_home
  write_index_entry 1.0.1
  check_rejected "index entry \"$entry\" lacks itoa 1.0.2, which is in Cargo.lock" "$entry"
  create_home
  rm "$entry"
  check_rejected "index entry \"$entry\" lacks itoa 1.0.2, which is in Cargo.lock" "$entry"
  create_home
  printf 'other' > "$archive"
  check_rejected "archive \"$archive\" does not have the digest in Cargo.lock" "$archive"
  create_home
  rm -r home/registry/index/*
  check_rejected '"home/registry/index" has no index' home/registry/index
}

writes_locked_versions
rejects_incomplete_home
