#!/usr/bin/env bash
# The workspace is a cargo workspace too: `cargo test`, `cargo clippy` and `cargo fmt`, with the build root's Rust.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/cache.sh
source "${BASH_SOURCE[0]%/*}/lib/cache.sh"

readonly target="$kept/cargo-target"
readonly max_target_kb=4000000

in_root() {
  "$workspace/tools/distro/shell" env CARGO_TARGET_DIR="$target" "$@" > "$scratch/cargo.log" 2>&1 ||
    check_failed "$*" "$(tail -n 20 "$scratch/cargo.log")"
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
  printf '%s checks passed\n' "$checks_passed"
}

main
