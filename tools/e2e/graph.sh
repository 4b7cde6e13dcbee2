#!/usr/bin/env bash
# Cargo.lock is held against the Cargo.toml files: --config=ci fails and changes nothing, other commands update it with a message.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly manifest="$copy/tools/load/Cargo.toml"

snapshot() { (cd "$copy" && find . -path './bazel-*' -prune -o -type f -print0 | sort --zero-terminated | xargs -0 sha256sum); }

restore() {
  (cd "$workspace" && cp --parents Cargo.toml Cargo.lock tools/load/Cargo.toml "$copy")
}

# ask ARG...: loads the crates. Sets `status` and `output`.
ask() {
  status=0
  output="$(in_copy query --color=no --curses=no "$@" //tools/load:load 2>&1)" || status=$?
}

# is_refused WHAT MESSAGE: of the copy as it is now.
is_refused() {
  local before
  before="$(snapshot)"
  ask --config=ci
  ((status != 0)) || check_failed "$1: --config=ci fails" "$output"
  check_contains "$1: --config=ci names the crate" "$2" "$output"
  check_contains "$1: and the command" $'\n    tools/bazel fetch @thimble_cargo_lock//...' "$output"
  check_equal "$1: the tree is unchanged" "$before" "$(snapshot)"
  restore
}

add_dependency() { sed -i "s/^\[dependencies\]/[dependencies]\n$1/" "$manifest"; }

refuses_every_misfit() {
  add_dependency 'itoa.workspace = true'
  is_refused "a dependency of another crate, too" "    load 0.1.0: now depends on itoa"

  add_dependency 'humantime = "1"'
  is_refused "a new dependency" "    humantime 1."

  sed -i 's/^spdx = .*/spdx = "=0.13.0"/' "$copy/Cargo.toml"
  is_refused "a changed requirement" ": now 0.13.0"

  sed -i 's/^spdx = "\(.*\)"/spdx = { version = "\1", features = ["text"] }/; s/^sha2 = { /&features = ["zeroize"], /' "$copy/Cargo.toml"
  is_refused "a feature with a crate of its own" "    zeroize "

  sed -i '/"tools\/load",/d' "$copy/Cargo.toml"
  is_refused "a removed member" "    load 0.1.0: removed"

  sed -i 's/^version.workspace = true/version = "0.2.0"/' "$manifest"
  is_refused "a member's new version" "    load 0.1.0: now 0.2.0"

  rm "$copy/Cargo.lock"
  is_refused "no Cargo.lock" "Cargo.lock is missing:"
}

refuses_conflicts() {
  sed -i '5i <<<<<<< HEAD' "$copy/Cargo.lock"
  ask
  check_contains "a merge conflict" 'Cargo.lock:5: conflict marker "<<<<<<< HEAD"' "$output"
  check_contains "a merge conflict: the command" $'\n    git checkout --ours Cargo.lock && tools/bazel fetch @thimble_cargo_lock//...' "$output"
  restore
}

refuses_repin() {
  ask --repo_env=CARGO_BAZEL_REPIN=1
  check_contains "CARGO_BAZEL_REPIN" $'unsupported environment variable CARGO_BAZEL_REPIN "1": expected it to be unset; to update Cargo.lock:\n    cargo update' "$output"
}

reports_what_it_updates() {
  add_dependency 'humantime = "1"'
  output="$(in_copy fetch --color=no --curses=no @thimble_cargo_lock//... 2>&1)" || check_failed "the command of the message" "$output"
  check_contains "a new dependency: the command reports what it updates" $'Cargo.lock was updated to match the Cargo.toml files:\n    humantime 1.' "$output"
  check_contains "and which crate asked for it" "    load 0.1.0: now depends on humantime" "$output"
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > /dev/null 2> "$scratch/cargo.log" ||
    check_failed "the updated Cargo.lock is as cargo writes it" "$(tail -n 5 "$scratch/cargo.log")"
  passed "the updated Cargo.lock is as cargo writes it"
  ask --config=ci
  check_equal "the updated Cargo.lock passes with --config=ci" 0 "$status"
  [[ "$output" != *"was updated"* ]] || check_failed "nothing more is updated" "$output"
  passed "nothing more is updated"
  restore
}

main() {
  open_copy
  refuses_every_misfit
  refuses_conflicts
  refuses_repin
  reports_what_it_updates
  report_checks
}

main
