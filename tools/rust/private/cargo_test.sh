#!/usr/bin/env bash
# Runs a test program as cargo does: in a writable directory of its package.
# Usage: cargo_test.sh DIRECTORY FILES TEST [NAME=PROGRAM...] -- [ARGUMENT...]
#
# A temporary tree contains a copy of the files of the package. The paths that CARGO_MANIFEST_DIR and CARGO_BIN_EXE_* had at compile time
# start with a placeholder, which is replaced with the path of the tree, of the same length, in copies of the test and the programs.
set -o errexit -o nounset -o pipefail

# EXECROOT in cargo_package.bzl.
readonly placeholder=/proc/self/cwd/./.
readonly runfiles="$PWD"
readonly directory="$1" files="$2" program="$3"
variables=()
shift 3

main() {
  local -a programs=()
  while [[ "$1" != -- ]]; do
    programs+=("$1")
    shift
  done
  shift

  # Same length as the placeholder.
  tree="$(mktemp -d /tmp/cargo.XXXXXXX)"
  readonly tree
  trap 'rm -rf "$tree"' EXIT
  mkdir -p "$tree/target/bin" "$tree/target/tmp"
  local path
  for path in ${programs[@]+"${programs[@]}"}; do
    place "$runfiles/${path#*=}" "$tree/target/bin/${path%%=*}"
    # Not a variable of bash, because the name of the program may contain hyphens.
    variables+=("CARGO_BIN_EXE_${path%%=*}=$tree/target/bin/${path%%=*}")
  done

  if [[ -n "${BUILD_WORKSPACE_DIRECTORY:-}" ]]; then
    link_workspace
    export INSTA_WORKSPACE_ROOT="$BUILD_WORKSPACE_DIRECTORY" INSTA_UPDATE="${INSTA_UPDATE:-always}"
  else
    copy_files
    export INSTA_WORKSPACE_ROOT="$tree" INSTA_UPDATE="${INSTA_UPDATE:-no}"
  fi
  run "$@"
}

# For `bazel run`: links the source tree, so that the test can update its snapshots.
link_workspace() {
  local path
  for path in "$BUILD_WORKSPACE_DIRECTORY"/* "$BUILD_WORKSPACE_DIRECTORY"/.[!.]*; do
    [[ "${path##*/}" == target ]] || ln -s "$path" "$tree/"
  done
}

copy_files() {
  mkdir -p "$tree/$directory"
  tar --create --dereference --files-from "$files" | tar --extract --directory "$tree"
  chmod -R u+w "$tree"
  # Tests look for the root of the workspace, to which paths of `file!()` are relative, by its Cargo.toml.
  [[ -e "$tree/Cargo.toml" ]] || : > "$tree/Cargo.toml"
}

# place PROGRAM PATH: a link to a program, or a copy if it contains the placeholder.
place() {
  if LC_ALL=C grep --quiet --fixed-strings "$placeholder" "$1"; then
    LC_ALL=C sed "s|${placeholder//./\\.}|$tree|g" "$1" > "$2"
    chmod 755 "$2"
  else
    ln -sf "$1" "$2"
  fi
}

run() {
  local run="${TEST_TMPDIR:-$tree/target/tmp}/${program##*/}"
  place "$runfiles/$program" "$run"
  export CARGO_MANIFEST_DIR="$tree/$directory"
  local variable
  for variable in $(compgen -e); do
    [[ "${!variable}" != "$placeholder"* ]] || export "$variable=$tree${!variable#"$placeholder"}"
  done
  cd "$tree/$directory"
  # The value of --test_filter, an argument as that of `cargo test`.
  env ${variables[@]+"${variables[@]}"} "$run" ${TESTBRIDGE_TEST_ONLY:+"$TESTBRIDGE_TEST_ONLY"} "$@"
}

main "$@"
