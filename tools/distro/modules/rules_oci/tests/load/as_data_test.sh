#!/usr/bin/env bash
# Runs a load target from another program's runfiles. Usage: as_data_test.sh LOAD TARBALL DIGEST_FILE
set -o errexit -o nounset -o pipefail

readonly load="$1" tarball="$2" digest="$3"

check() {
  local how="$1" output
  shift
  export LOADED="$TEST_TMPDIR/$how.tar"
  output="$("$@")"
  printf '%s: %s\n' "$how" "$output"
  cmp "$LOADED" "$TEST_SRCDIR/$tarball"
  local expected
  expected="$(< "$TEST_SRCDIR/$digest")"
  [[ "$output" == *"thimble-test:latest $expected "*"registry.test:5000/team/app:1.2 $expected "* ]] || {
    printf 'expected both tags with %s\n' "$expected" >&2
    exit 1
  }
}

main() {
  local directory program manifest="$TEST_TMPDIR/MANIFEST"
  directory="$(cd -P -- "$TEST_SRCDIR" && pwd)"
  program="$directory/$load"
  check by_directory env RUNFILES_DIR="$directory" "$program"

  # As under --nobuild_runfile_links: the program in its output directory, and a manifest, which lists a layout as a directory.
  (cd "$directory" && find . \( -type l -o -type f \) | while read -r path; do
    path="${path%/oci-layout}"
    printf '%s %s\n' "${path#./}" "$(readlink --canonicalize "$path")"
  done) > "$manifest"
  cp --dereference "$program" "$TEST_TMPDIR/alone.sh"
  check by_manifest env --unset=RUNFILES_DIR --unset=TEST_SRCDIR RUNFILES_MANIFEST_FILE="$manifest" "$TEST_TMPDIR/alone.sh"

  # With neither, the error has the command to run.
  local error status=0
  error="$(env --unset=RUNFILES_DIR --unset=RUNFILES_MANIFEST_FILE "$TEST_TMPDIR/alone.sh" 2>&1)" || status=$?
  [[ "$status" == 1 && "$error" == *"bazel run @"*"//tests/load:docker"* ]] || {
    printf 'without runfiles: expected exit code 1 and the command to use, found %s: %s\n' "$status" "$error" >&2
    exit 1
  }
}

main
