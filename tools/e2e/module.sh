#!/usr/bin/env bash
# A repository that has thimble as a module: examples/monorepo with this checkout is built and tested, a service is generated there, and
# what gates write lies beside the repository's own BUILD files.
# Takes about 200 s; shows that no macro, path or label assumes this workspace.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

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
  at_end close_monorepo
}

close_monorepo() { bazel clean --expunge > "$scratch/expunge.log" 2>&1; }

tests_pass() {
  local test
  succeeds "the repository's tests" test --config=ci --color=no --curses=no //...
  for test in greeting.boot_test greeting.elf_test greeting.sbom_test greeting.size_test greeting.structure_test; do
    grep --quiet --extended-regexp "^//services/greeting:$test +(\(cached\) )?PASSED" "$scratch/bazel.log" || check_failed "//services/greeting:$test" "$(tail -n 30 "$scratch/bazel.log")"
  done
  grep --quiet '^//services/status:status.boot_test .*PASSED' "$scratch/bazel.log" || check_failed "//services/status:status.boot_test" "$(tail -n 30 "$scratch/bazel.log")"
  check_equal "platforms are the repository's own" "" "$(bazel query 'filter("arm64", //services/...)' 2> /dev/null)"
  check_equal "the checkout of thimble is not written to" "" "$(git -C "$workspace" status --porcelain -- services tools platforms | grep '^??' || true)"
}

files_are_written_here() {
  local image="$monorepo/services/greeting/greeting.image.json"
  cp "$image" "$scratch/before"
  rm "$image"
  printf '{}\n' > "$image"
  succeeds "--update from a subdirectory" run //services/greeting:structure_test -- --update
  check_equal "the golden file is written beside the BUILD file" "$(< "$scratch/before")" "$(< "$image")"
}

licenses_are_its_own() {
  sed -i 's/"MIT", //' "$monorepo/licenses.toml"
  if bazel test //services/status:sbom_test > "$scratch/bazel.log" 2>&1; then check_failed "a license that the repository does not allow"; fi
  check_contains "a license that the repository does not allow" "not allowed" "$(cat "$monorepo"/bazel-testlogs/services/status/sbom_test/test.log)"
}

generates() {
  succeeds "new-service" run @thimble//tools/new-service -- billing
  check_contains "the generated service loads the module's macros" '"@thimble//tools/rust:defs.bzl"' "$(< "$monorepo/services/billing/BUILD.bazel")"
  succeeds "a generated service's program" build //services/billing
}

has_a_lock_of_its_own() {
  printf '\n[workspace.metadata.changed]\n' >> "$monorepo/Cargo.toml"
  sed -i '/^name = "greeting"$/,/^$/d' "$monorepo/Cargo.lock"
  if bazel build --config=ci --nobuild //services/greeting > "$scratch/bazel.log" 2>&1; then check_failed "a lock that does not fit"; fi
  check_contains "a lock that does not fit" "tools/bazel fetch @cargo_lock//..." "$(< "$scratch/bazel.log")"
}

main() {
  open_monorepo
  tests_pass
  files_are_written_here
  generates
  licenses_are_its_own
  has_a_lock_of_its_own
  printf '%s checks passed\n' "$checks_passed"
}

main
