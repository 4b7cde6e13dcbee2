#!/usr/bin/env bash
# Verifies the check of Cargo.lock against the Cargo.toml files: --config=ci fails without changes, and fetch updates the file and reports it.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly manifest="$copy/tools/dev/load/Cargo.toml"

snapshot() { (cd "$copy" && find . -path './bazel-*' -prune -o -type f -print0 | sort --zero-terminated | xargs -0 sha256sum); }

restore() {
  (cd "$workspace" && cp --parents Cargo.toml Cargo.lock tools/dev/load/Cargo.toml "$copy")
}

# The Cargo workspace of the image tool.
rejects_outdated_lock_of_image_tool() {
  local tool=tools/distro/modules/rules_oci/tool before output status=0
  sed -i 's/^version = .*/version = "9.9.9"/' "$copy/$tool/push/Cargo.toml"
  before="$(snapshot)"
  output="$(in_copy query --color=no --curses=no --config=ci "deps(@rules_oci//tool:oci_tool)" 2>&1)" || status=$?
  ((status != 0)) || check_failed "the image tool: --config=ci fails" "$output"
  check_contains "the image tool: --config=ci names the file and the crate" "$tool/Cargo.lock does not match the Cargo.toml files:
    oci-push 0.1.0: now 9.9.9" "$output"
  check_contains "the image tool: the message has the command" $'\n    tools/distro/shell cargo update --workspace --manifest-path '"$tool/Cargo.toml" "$output"
  check_equal "the image tool: the tree is unchanged" "$before" "$(snapshot)"
  (cd "$workspace" && cp --parents "$tool/push/Cargo.toml" "$copy")
}

# query_crates ARG...: loads the crates. Sets `status` and `output`.
query_crates() {
  status=0
  output="$(in_copy query --color=no --curses=no "$@" //tools/dev/load:load 2>&1)" || status=$?
}

# check_rejected LABEL MESSAGE: checks the current copy, then restores it.
check_rejected() {
  local before
  before="$(snapshot)"
  query_crates --config=ci
  ((status != 0)) || check_failed "$1: --config=ci fails" "$output"
  check_contains "$1: --config=ci names the crate" "$2" "$output"
  check_contains "$1: the message has the command" $'\n    tools/bazel fetch @thimble_cargo_lock//...' "$output"
  check_equal "$1: the tree is unchanged" "$before" "$(snapshot)"
  restore
}

add_dependency() { sed -i "s/^\[dependencies\]/[dependencies]\n$1/" "$manifest"; }

rejects_outdated_lock() {
  add_dependency 'fastrand.workspace = true'
  check_rejected "a dependency that another crate has" "    load 0.1.0: now depends on fastrand"

  add_dependency 'bytesize = "1"'
  check_rejected "a new dependency" "    bytesize 1."

  sed -i 's/^spdx = .*/spdx = "=0.13.0"/' "$copy/Cargo.toml"
  check_rejected "a changed requirement" ": now 0.13.0"

  sed -i 's/^spdx = "\(.*\)"/spdx = { version = "\1", features = ["text"] }/; s/^sha2 = { /&features = ["zeroize"], /' "$copy/Cargo.toml"
  check_rejected "a feature with its own dependency" "    zeroize "

  sed -i '/"tools\/dev\/load",/d' "$copy/Cargo.toml"
  check_rejected "a removed member" "    load 0.1.0: removed"

  sed -i 's/^version.workspace = true/version = "0.2.0"/' "$manifest"
  check_rejected "a member's new version" "    load 0.1.0: now 0.2.0"

  rm "$copy/Cargo.lock"
  check_rejected "no Cargo.lock" "Cargo.lock is missing:"
}

rejects_outdated_patch() {
  local patch="$copy/third_party/hex"
  mkdir -p "$patch/src"
  touch "$patch/src/lib.rs"
  printf '[package]\nname = "hex"\nversion = "0.4.3"\nedition = "2024"\n\n[features]\nalloc = []\n\n[dependencies]\n' > "$patch/Cargo.toml"
  sed -i 's/^\[workspace\]$/&\nexclude = ["third_party"]/' "$copy/Cargo.toml"
  printf '\n[patch.crates-io]\nhex = { path = "third_party/hex" }\n' >> "$copy/Cargo.toml"
  query_crates
  check_equal "a patch is accepted" 0 "$status"
  query_crates --config=ci
  check_equal "a patch is accepted with --config=ci" 0 "$status"
  printf 'fastrand = "2"\n' >> "$patch/Cargo.toml"
  check_rejected "a new dependency of a patch" "    hex 0.4.3: now depends on fastrand"
  rm -r "$copy/third_party"
}

rejects_merge_conflicts() {
  sed -i '5i <<<<<<< HEAD' "$copy/Cargo.lock"
  query_crates
  check_contains "a merge conflict" 'Cargo.lock:5: conflict marker "<<<<<<< HEAD"' "$output"
  check_contains "a merge conflict: the command" $'\n    git checkout COMMIT -- Cargo.lock && tools/bazel fetch @thimble_cargo_lock//...' "$output"
  restore
}

rejects_repin_variable() {
  query_crates --repo_env=CARGO_BAZEL_REPIN=1
  check_contains "CARGO_BAZEL_REPIN" $'unsupported environment variable CARGO_BAZEL_REPIN "1": expected it to be unset; to update Cargo.lock:\n    cargo update' "$output"
}

reports_updates() {
  add_dependency 'bytesize = "1"'
  output="$(in_copy fetch --color=no --curses=no @thimble_cargo_lock//... 2>&1)" || check_failed "the suggested command" "$output"
  check_contains "a new dependency: the command reports the update" $'Cargo.lock was updated to match the Cargo.toml files:\n    bytesize 1.' "$output"
  check_contains "a new dependency: the command reports the dependent crate" "    load 0.1.0: now depends on bytesize" "$output"
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > /dev/null 2> "$scratch/cargo.log" ||
    check_failed "cargo accepts the updated Cargo.lock" "$(tail -n 5 "$scratch/cargo.log")"
  passed "cargo accepts the updated Cargo.lock"
  query_crates --config=ci
  check_equal "the updated Cargo.lock passes with --config=ci" 0 "$status"
  [[ "$output" != *"was updated"* ]] || check_failed "nothing else is updated" "$output"
  passed "nothing else is updated"
  restore
}

# Bazel's error for a removed directory that a repository rule listed is permanent.
accepts_removed_directories() {
  mkdir -p "$copy/removed/one/two/src"
  printf '[package]\nname = "two"\nedition = "2024"\n' > "$copy/removed/one/two/Cargo.toml"
  touch "$copy/removed/one/two/src/lib.rs"
  sed -i 's|^members = \[$|&\n    "removed/*/*",|' "$copy/Cargo.toml"
  query_crates
  check_contains "a new directory of members" "    two 0.0.0: added" "$output"
  rm -r "$copy/removed"
  sed -i '/removed/d' "$copy/Cargo.toml"
  query_crates
  check_contains "a removed directory of members" "    two 0.0.0: removed" "$output"
  check_equal "a removed directory of members: the exit code" 0 "$status"
  restore
}

main() {
  open_copy
  rejects_outdated_lock
  rejects_outdated_lock_of_image_tool
  rejects_outdated_patch
  rejects_merge_conflicts
  rejects_repin_variable
  reports_updates
  accepts_removed_directories
  report_checks
}

main
