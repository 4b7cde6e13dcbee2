#!/usr/bin/env bash
# Verifies a service with its own Cargo.lock: its versions and features do not change hello, its lock is checked, and it cannot depend on crates of
# the main workspace. The service uses tokio's multi-threaded scheduler. With `.ci/run --full` its tests and gates run, too.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly service=services/reports

# hello_actions: the digest of all actions of hello's image, with their keys and inputs. Keys of repository mappings depend on the names of
# all repositories, but their files only on those that a program uses.
hello_actions() {
  in_copy aquery --color=no --curses=no 'mnemonic("^(?!RepoMappingManifest$).*", deps(//services/hello:image))' > "$scratch/actions" 2> "$scratch/query.log" ||
    check_failed "bazel aquery" "$(tail -n 12 "$scratch/query.log")"
  grep --quiet 'ActionKey: ' "$scratch/actions" || check_failed "bazel aquery lists actions"
  sha256sum < "$scratch/actions"
}

hello_digest() {
  run_logged build "hello's image" in_copy build --color=no --curses=no //services/hello:image.digest
  hello_image_digest
}

# The tests of the service also use tokio.
generates_service() {
  run_logged generate "new-service --own-crates" in_copy run //tools/new-service -- reports --own-crates
  sed -i -e '/^tokio = .*"macros"/d' -e 's/^chassis\.workspace = true$/&\nitoa = "=1.0.14"\ntokio = { workspace = true, features = ["full"] }/' "$copy/$service/Cargo.toml"
  sed -i 's/^chassis\.workspace = true$/chassis = { workspace = true, features = ["work-stealing"] }/' "$copy/$service/Cargo.toml"
  sed -i 's/^    Service::new(.*/&\n        .work_stealing()/' "$copy/$service/src/main.rs"
}

keeps_hello() {
  local actions digest lock
  actions="$(hello_actions)" digest="$(hello_digest)" lock="$(sha256sum < "$copy/Cargo.lock")"
  generates_service
  check_equal "hello's actions are unchanged" "$actions" "$(hello_actions)"
  check_equal "hello's digest is unchanged" "$digest" "$(hello_digest)"
  check_equal "no action runs again" "N internal." \
    "$(sed -n 's/^INFO: [0-9]* process[es]*: //p' "$scratch/build.log" | sed 's/[0-9]* action cache hit, //; s/[0-9]\+/N/')"
  check_equal "the main Cargo.lock is unchanged" "$lock" "$(sha256sum < "$copy/Cargo.lock")"
  check_contains "Bazel writes the service's Cargo.lock" 'name = "reports"' "$(< "$copy/$service/Cargo.lock")"
}

has_own_crates() {
  local sbom="$copy/bazel-bin/$service/reports.sbom/sbom.cdx.json" tokio
  run_logged sbom "the service's SBOMs" in_copy build "//$service:sbom"
  run_logged program "the service's program" in_copy build --color=no --curses=no "//$service:reports"
  check_contains "the SBOM has the service's version of itoa" "pkg:cargo/itoa@1.0.14" "$(< "$sbom")"
  check_contains "the SBOM has the chassis" '"chassis"' "$(< "$sbom")"
  tokio="$(in_copy query 'attr(crate_features, "full", filter("//:tokio$", deps(//services/hello + //services/reports)))' 2> "$scratch/query.log")" ||
    check_failed "bazel query" "$(tail -n 12 "$scratch/query.log")"
  check_contains "the service's tokio has the feature full" "reports_crates__tokio-" "$tokio"
  check_equal "hello's tokio lacks it" 1 "$(wc -l <<< "$tokio")"
}

cargo_agrees() {
  local directory
  for directory in . "$service"; do
    (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1 --manifest-path "$directory/Cargo.toml") > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
      check_failed "cargo accepts $directory/Cargo.lock" "$(tail -n 5 "$scratch/cargo.log")"
  done
  passed "cargo accepts both Cargo.lock files"
}

# Queries the service with the variable of --config=ci. If one server runs commands with and without the config, it fetches all repositories again.
query_locked() { THIMBLE_PASS_ENV=THIMBLE_LOCKED THIMBLE_LOCKED=1 in_copy query --color=no --curses=no "//$service:reports"; }

# check_rejected LABEL EXPECTED: with a locked Cargo.lock a query must fail with the message.
check_rejected() {
  ! query_locked > "$scratch/rejected.log" 2>&1 || check_failed "$1 is rejected"
  check_contains "$1 is rejected" "$2" "$(< "$scratch/rejected.log")"
}

checks_own_lock() {
  local stale="$service/Cargo.lock does not match the Cargo.toml files:"
  sed -i 's/^chassis = .*/&\nmemchr = "2"/' "$copy/$service/Cargo.toml"
  check_rejected "a stale Cargo.lock" "$stale"
  check_contains "the message has the command" $'\n    tools/bazel fetch @reports_cargo_lock//...' "$(< "$scratch/rejected.log")"
  updates_own_lock

  sed -i '0,/^\[dependencies\]$/s//&\nmemchr.workspace = true/' "$copy/services/chassis/Cargo.toml"
  run_logged fetch "the main Cargo.lock" in_copy fetch @thimble_cargo_lock//...
  check_rejected "a new dependency of the chassis" "$stale"
  updates_own_lock
}

updates_own_lock() {
  run_logged fetch "the suggested command" in_copy fetch @reports_cargo_lock//...
  run_logged query "the updated Cargo.lock" query_locked
  passed "the suggested command updates Cargo.lock"
}

rejects_other_workspaces() {
  sed -i 's|^    name = .*|&\n    deps = ["//services/chassis"],|' "$copy/$service/BUILD.bazel"
  check_rejected "a crate of another Cargo workspace" "cargo add --manifest-path $service/Cargo.toml --path services/chassis"
  sed -i '/^    deps = /d' "$copy/$service/BUILD.bazel"
}

tests_pass() {
  [[ -n "${THIMBLE_E2E_FULL:-}" ]] || return 0
  run_logged test "the service's tests and gates" in_copy test --color=no --curses=no "//$service:all"
  passed "the service's tests and gates"
}

main() {
  open_copy
  keeps_hello
  has_own_crates
  cargo_agrees
  tests_pass
  rejects_other_workspaces
  checks_own_lock
  report_checks
}

main
