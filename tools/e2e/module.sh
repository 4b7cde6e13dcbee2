#!/usr/bin/env bash
# A repository that has thimble as a module: all targets of examples/monorepo analyze with this checkout, and its programs build; with
# --full of .ci/run its tests run too, and what gates write lies beside the repository's own BUILD files.
# Shows that no macro, path or label assumes this workspace.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly monorepo="$scratch/monorepo"

bazel() { (cd "$monorepo" && tools/bazel "$@"); }

# succeeds WHAT COMMAND [ARG...]: in the repository.
succeeds() {
  local what="$1"
  shift
  bazel "$@" > "$scratch/bazel.log" 2>&1 || check_failed "$what" "$(grep --extended-regexp 'ERROR|FAIL|rror:' --after-context=6 "$scratch/bazel.log" | head -n 40)"
  passed "$what"
}

open_monorepo() {
  cp --recursive --no-dereference "$workspace/examples/monorepo" "$monorepo"
  rm -f "$monorepo"/bazel-*
  ln --symbolic --force --no-dereference "$workspace" "$monorepo/third_party/thimble"
  on_exit close_monorepo
}

close_monorepo() { bazel clean --expunge > "$scratch/expunge.log" 2>&1; }

analyzes() {
  succeeds "all targets analyze" build --config=ci --color=no --curses=no --nobuild //...
  check_equal "platforms are the repository's own" "" "$(bazel query 'filter("arm64", //services/...)' 2> /dev/null)"
  succeeds "the programs build" build //services/greeting //services/status
  check_equal "the checkout of thimble is not written to" "" "$(git -C "$workspace" status --porcelain -- services tools platforms | grep '^??' || true)"
}

tests_pass() {
  [[ -n "${THIMBLE_E2E_FULL:-}" ]] || return 0
  succeeds "the repository's tests" test --config=ci --color=no --curses=no //...
  local image="$monorepo/services/greeting/greeting.image.json"
  cp "$image" "$scratch/before"
  sed -i '/GREETING/d' "$image"
  succeeds "--update" run //services/greeting:structure_test -- --update
  check_equal "the golden file is written beside the BUILD file" "$(< "$scratch/before")" "$(< "$image")"
  sed -i 's/"MIT", //' "$monorepo/licenses.toml"
  if bazel test //services/status:sbom_test > "$scratch/bazel.log" 2>&1; then check_failed "a license that the repository does not allow"; fi
  passed "a license that the repository does not allow"
}

generates() {
  succeeds "new-service" run @thimble//tools/new-service -- billing --kind http
  check_contains "the generated service loads the module's macros" '"@thimble//tools/rust:defs.bzl"' "$(< "$monorepo/services/billing/BUILD.bazel")"
  succeeds "a generated service analyzes" build --nobuild //services/billing:all
}

has_a_lock_of_its_own() {
  sed -i '/^name = "greeting"$/,/^$/{/"chassis"/d}' "$monorepo/Cargo.lock"
  if bazel build --config=ci --nobuild //services/greeting > "$scratch/bazel.log" 2>&1; then check_failed "a lock that does not fit"; fi
  check_contains "a lock that does not fit" "tools/bazel fetch @cargo_lock//..." "$(< "$scratch/bazel.log")"
}

main() {
  open_monorepo
  analyzes
  tests_pass
  generates
  has_a_lock_of_its_own
  report_checks
}

main
