#!/usr/bin/env bash
# Tests that the checked-in page of the commands is current, and that every command and script accepts --help and rejects unknown options.
# Usage: commands_test.sh COMMAND=PROGRAM...
set -o errexit -o nounset -o pipefail

# failed MESSAGE [LINE...]
failed() {
  printf 'failed: %s\n' "$1" >&2
  shift
  printf '    %s\n' "$@" >&2
  exit 1
}

is_current() {
  docs/reference/commands.sh "$@" > "$TEST_TMPDIR/commands.md"
  diff --unified docs/reference/commands.md "$TEST_TMPDIR/commands.md" ||
    failed "the page differs; update it:" "tools/bazel run //docs/reference:update"
}

# rejects_unknown_option PROGRAM
rejects_unknown_option() {
  local status=0
  "$1" --unknown-option > "$TEST_TMPDIR/output" 2>&1 || status=$?
  ((status == 64)) || failed "$1 --unknown-option: expected exit code 64, found $status" "$(< "$TEST_TMPDIR/output")"
}

# accepts_help SCRIPT
accepts_help() {
  local status=0
  "$1" --help > "$TEST_TMPDIR/output" 2> "$TEST_TMPDIR/errors" || status=$?
  [[ "$status" == 0 && -s "$TEST_TMPDIR/output" && ! -s "$TEST_TMPDIR/errors" ]] ||
    failed "$1 --help: expected a description and exit code 0, found $status" "$(< "$TEST_TMPDIR/errors")"
}

main() {
  local entry script
  export HOME="$TEST_TMPDIR"
  is_current "$@"
  for entry in "$@"; do
    # tools/remote needs files of the launcher, which are in no package; tools/dev/e2e/remote.sh tests its usage errors.
    [[ "$entry" == tools/remote/* ]] || rejects_unknown_option "${entry#*=}"
  done
  for script in tools/dev/e2e/*.sh; do
    accepts_help "$script"
    rejects_unknown_option "$script"
  done
}

main "$@"
