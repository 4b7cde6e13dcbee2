#!/usr/bin/env bash
# The workspace is a cargo workspace too: `cargo test`, `cargo clippy` and `cargo fmt`, with the build root's Rust.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly target="$persistent_cache/cargo-target"
readonly max_target_kb=4000000

in_root() {
  run_logged cargo "$*" "$workspace/tools/distro/shell" env CARGO_TARGET_DIR="$target" "$@"
}

# cargo never removes what older sources or compilers left.
limit_target() {
  if [[ -d "$target" ]] && (($(du --summarize "$target" | cut -f1) > max_target_kb)); then rm -rf "$target"; fi
  mkdir -p "$target"
}

main() {
  cd "$workspace"
  limit_target
  in_root cargo fmt --check
  passed "cargo fmt --check"
  in_root cargo clippy --workspace --all-targets --locked -- --deny warnings
  passed "cargo clippy"
  in_root cargo test --workspace --locked
  check_contains "cargo test" "test result: ok" "$(< "$scratch/cargo.log")"
  report_checks
}

main
