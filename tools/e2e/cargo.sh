#!/usr/bin/env bash
# Verifies the workspace with cargo: `cargo fmt`, `cargo clippy` and `cargo test`, with the build root's Rust. Keeps up to 4 GB of outputs in
# the launcher's cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly target="$persistent_cache/cargo-target"
readonly max_target_kb=4000000

in_root() {
  run_logged cargo "$*" "$workspace/tools/distro/shell" env CARGO_TARGET_DIR="$target" "$@"
}

# cargo never removes outputs of older sources or compilers.
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
