#!/usr/bin/env bash
# Verifies thimble as a module of examples/monorepo: all targets analyze with this checkout and the programs build. With `.ci/run --full` its
# tests run too, and gates write golden files next to its BUILD files. Shows that no macro, path or label assumes this workspace.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly monorepo="$scratch/monorepo"

bazel() { (cd "$monorepo" && tools/bazel "$@"); }

# check_bazel LABEL COMMAND [ARG...]
check_bazel() {
  local label="$1"
  shift
  bazel "$@" > "$scratch/bazel.log" 2>&1 || check_failed "$label" "$(grep --extended-regexp 'ERROR|FAIL|rror:' --after-context=6 "$scratch/bazel.log" | head -n 40)"
  passed "$label"
}

open_monorepo() {
  cp --recursive --no-dereference "$workspace/examples/monorepo" "$monorepo"
  rm -f "$monorepo"/bazel-*
  ln --symbolic --force --no-dereference "$workspace" "$monorepo/third_party/thimble"
  on_exit close_monorepo
}

close_monorepo() { bazel clean --expunge > "$scratch/expunge.log" 2>&1; }

analyzes_all_targets() {
  local before
  before="$(workspace_status)"
  check_bazel "all targets analyze" build --config=ci --color=no --curses=no --nobuild //...
  bazel query 'filter("arm64", //services/...)' > "$scratch/arm64" 2> "$scratch/bazel.log" || check_failed "the query" "$(tail -n 5 "$scratch/bazel.log")"
  check_equal "the repository selects its platforms" "" "$(< "$scratch/arm64")"
  check_bazel "the programs build" build //services/greeting //services/status
  check_equal "the checkout of thimble is unchanged" "$before" "$(workspace_status)"
}

workspace_status() { git -C "$workspace" status --porcelain -- services tools platforms; }

tests_pass() {
  [[ -n "${THIMBLE_E2E_FULL:-}" ]] || return 0
  check_bazel "the repository's tests" test --config=ci --color=no --curses=no //...
  local image="$monorepo/services/greeting/greeting.image.json"
  cp "$image" "$scratch/before"
  sed -i 's/Good morning/Good evening/' "$image"
  check_bazel "--update" run //services/greeting:structure_test -- --update
  check_equal "the golden file is next to the BUILD file" "$(< "$scratch/before")" "$(< "$image")"
  sed -i 's/"MIT", //' "$monorepo/licenses.toml"
  if bazel test //services/status:sbom_test > "$scratch/bazel.log" 2>&1; then check_failed "a disallowed license fails"; fi
  passed "a disallowed license fails"
}

# Crates outside the workspace are built as those of a registry.
reads_files_of_build_dependency() {
  local crate="$monorepo/third_party/banner" service="$monorepo/services/status"
  mkdir -p "$crate/src"
  printf '[package]\nname = "banner"\nversion = "0.1.0"\nedition = "2021"\n' > "$crate/Cargo.toml"
  printf 'ready' > "$crate/banner.txt"
  cat > "$crate/src/lib.rs" <<'RUST'
/// Reads a file of the package in a process with another working directory.
pub fn text() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/banner.txt");
    let cat = std::process::Command::new("cat").arg(path).current_dir("/").output().unwrap();
    String::from_utf8(cat.stdout).unwrap()
}
RUST
  printf '\n[build-dependencies]\nbanner = { path = "../../third_party/banner" }\n' >> "$service/Cargo.toml"
  printf 'fn main() {\n    assert_eq!(banner::text(), "ready");\n}\n' > "$service/build.rs"
  check_bazel "a build dependency reads files of its package" build //services/status
}

generates_service() {
  check_bazel "new-service" run @thimble//tools/new-service -- billing --kind http
  check_contains "the generated service loads the module's macros" '"@thimble//tools/rust:defs.bzl"' "$(< "$monorepo/services/billing/BUILD.bazel")"
  check_bazel "a generated service analyzes" build --nobuild //services/billing:all
}

# crate_universe generates crates only for the root module.
requires_crates_of_tools() {
  sed -i.before '/thimble\.MODULE\.bazel/d' "$monorepo/MODULE.bazel"
  if bazel build --nobuild //services/greeting > "$scratch/bazel.log" 2>&1; then check_failed "MODULE.bazel without the crates of thimble's tools"; fi
  check_contains "MODULE.bazel without the crates of thimble's tools" 'include("//tools:thimble.MODULE.bazel")' "$(< "$scratch/bazel.log")"
  mv "$monorepo/MODULE.bazel.before" "$monorepo/MODULE.bazel"
}

checks_own_lock() {
  sed -i '/^name = "greeting"$/,/^$/{/"chassis"/d}' "$monorepo/Cargo.lock"
  if bazel build --config=ci --nobuild //services/greeting > "$scratch/bazel.log" 2>&1; then check_failed "an outdated Cargo.lock"; fi
  check_contains "an outdated Cargo.lock" "tools/bazel fetch @cargo_lock//..." "$(< "$scratch/bazel.log")"
}

main() {
  open_monorepo
  analyzes_all_targets
  tests_pass
  reads_files_of_build_dependency
  generates_service
  requires_crates_of_tools
  checks_own_lock
  report_checks
}

main
