#!/usr/bin/env bash
# The workspace is a cargo workspace too: `cargo test`, `cargo clippy` and `cargo fmt`, with the build root's Rust.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

readonly shell="$workspace/tools/distro/shell"

in_root() { "$shell" env CARGO_TARGET_DIR="$scratch/target" "$@" > "$scratch/cargo.log" 2>&1 || check_failed "$*" "$(tail -n 20 "$scratch/cargo.log")"; }

main() {
  cd "$workspace"
  in_root cargo fmt --check
  passed "cargo fmt --check"
  in_root cargo clippy --workspace --all-targets --locked -- --deny warnings
  passed "cargo clippy"
  in_root cargo test --workspace --locked
  check_contains "cargo test" "test result: ok" "$(< "$scratch/cargo.log")"
  printf '%s checks passed\n' "$checks_passed"
}

main
