#!/usr/bin/env bash
# Verifies the workspace with cargo and the build root's Rust: `cargo clippy` of all targets, and `cargo test` of hello and the packages that
# compare the macros with cargo. Bazel runs the other tests, and `.ci/run --full` runs them with cargo, too. Keeps up to 4 GB of outputs in the
# launcher's cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly target="$persistent_cache/cargo-target"
readonly max_target_kb=4000000

# Programs contain the path of their package, which cargo does not compare.
forget_other_workspace() {
  [[ "$(cat "$target/workspace" 2> /dev/null)" != "$workspace" ]] || return 0
  in_root cargo clean --workspace
  printf '%s\n' "$workspace" > "$target/workspace"
}

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
  forget_other_workspace
  in_root cargo clippy --workspace --all-targets --locked -- --deny warnings
  passed "cargo clippy"
  # The packages in tools/rust/tests are named cargo_*.
  local packages=(--package hello --package 'cargo_*')
  [[ -z "${THIMBLE_E2E_FULL:-}" ]] || packages=(--workspace)
  in_root cargo test --locked "${packages[@]}"
  check_contains "cargo test" "test result: ok" "$(< "$scratch/cargo.log")"
  report_checks
}

main
