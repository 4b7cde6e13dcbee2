#!/usr/bin/env bash
# The macros agree with cargo on every package of the workspace, and refuse what they can't carry.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly crate=tools/rust/tests/features

agrees_with_cargo() {
  local base
  in_copy query 'kind(rule, //...)' > "$scratch/targets" 2> "$scratch/query.log" || check_failed "bazel query" "$(tail -n 12 "$scratch/query.log")"
  base="$(in_copy info output_base 2> "$scratch/query.log")"
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo metadata" "$(tail -n 5 "$scratch/cargo.log")"
  compare "$base" > "$scratch/differences" || check_failed "the macros and cargo agree" "$(< "$scratch/differences")"
  passed "the macros and cargo agree: $(tail -n 1 "$scratch/differences")"
  sed -i 's/"cargo_features"/"another"/' "$scratch/metadata.json"
  ! compare "$base" > "$scratch/differences" || check_failed "another name is a difference"
  check_contains "a difference is named" "$crate: name: expected another, found cargo_features" "$(< "$scratch/differences")"
}

compare() {
  python3 "$workspace/tools/e2e/lib/cargo_members.py" "$1"/external/*cargo_workspace_thimble/members.bzl "$scratch/metadata.json" "$scratch/targets"
}

# refuses WHAT EXPECTED COMMAND...: Bazel fails with a message; the copy's crate is as before afterwards.
refuses() {
  local what="$1" expected="$2" status=0
  shift 2
  in_copy "$@" > "$scratch/refused.log" 2>&1 || status=$?
  ((status)) || check_failed "$what is refused"
  check_contains "$what is refused" "$expected" "$(< "$scratch/refused.log")"
  rm -rf "${copy:?}/$crate"
  cp -r "$workspace/$crate" "$copy/$crate"
}

refuses_keys() {
  printf '\n[profile.x]\n[target.x86_64-unknown-linux-musl.lints]\n' >> "$copy/$crate/Cargo.toml"
  refuses "an unsupported key" "$crate/Cargo.toml: unsupported key \"target.x86_64-unknown-linux-musl.lints\"" query "//$crate:all"
  sed -i 's/"dep:hex"/"dep:absent"/' "$copy/$crate/Cargo.toml"
  refuses "an unknown dependency of a feature" "feature \`extra\` includes \`dep:absent\`" query "//$crate:all"
  printf '\n[[bin]]\nname = "absent"\n' >> "$copy/$crate/Cargo.toml"
  refuses "a program without a file" "find \`absent\` bin at" query "//$crate:all"
  sed -i 's|^    name = .*|&\n    deps = ["//services/chassis"],|' "$copy/$crate/BUILD.bazel"
  refuses "a crate that Cargo.toml does not name" "cargo add --package cargo_features --path services/chassis" query "//$crate:all"
}

fails_tests() {
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '/// ```\n/// assert!(false);\n/// ```\n#[cfg(feature = "extra")]\npub fn wrong() {}\n' >> "$copy/$crate/src/lib.rs"
  refuses "a failing documentation test of a feature" "$crate:cargo_features_doctest" test "//$crate:cargo_features_doctest"
  printf '\n#[test]\nfn wrong() {\n    panic!();\n}\n' >> "$copy/$crate/src/lib.rs"
  refuses "a failing unit test" "$crate:cargo_features_test" test "//$crate:cargo_features_test"
}

updates_snapshots() {
  local snapshot=tools/rust/tests/files/tests/snapshots/snapshot__greeting.snap
  sed -i 's/^hello$/other/' "$copy/$snapshot"
  ! in_copy test //tools/rust/tests/files:cargo_files_snapshot_test > "$scratch/refused.log" 2>&1 || check_failed "another snapshot is refused"
  check_contains "another snapshot is refused" "cargo_files_snapshot_test" "$(< "$scratch/refused.log")"
  run_logged run "bazel run of the test" in_copy run //tools/rust/tests/files:cargo_files_snapshot_test
  check_equal "bazel run updates the snapshot" "hello" "$(tail -n 1 "$copy/$snapshot")"
}

main() {
  need_packages python3
  open_copy
  agrees_with_cargo
  refuses_keys
  fails_tests
  updates_snapshots
  report_checks
}

main
