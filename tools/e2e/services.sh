#!/usr/bin/env bash
# A generated service builds, passes its gates and boots; a change to one service touches that one alone, a change to what
# all stand on touches all.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/docker.sh
source "${BASH_SOURCE[0]%/*}/lib/docker.sh"

readonly copy="$scratch/copy"
readonly log="$scratch/execution.json"
readonly most_targets=30
readonly container=thimble-e2e-$$

# In the copy, with the workspace's own outputs: what is the same there is not built again.
bazel() { (cd "$copy" && tools/bazel --output_base="$output_base" "$@"); }

stop_bazel() { bazel shutdown; }

# build_and_test WHAT: all services; what was executed is in $log, what was said in $scratch/test.log.
build_and_test() {
  bazel test --execution_log_json_file="$log" //services/... > "$scratch/test.log" 2>&1 ||
    check_failed "$1" "$(grep --extended-regexp 'ERROR|FAILED|error' "$scratch/test.log" | head -n 20)"
}

# executed [FILTER]: the packages whose actions ran, or those of the actions that a jq filter picks. What a disk cache had counts:
# it would have run.
executed() {
  jq --raw-output "select(${1:-true}) | .targetLabel" "$log" | sed 's/^@*//; s/:.*//' | sort --unique |
    { grep '^//services/' || true; } | tr '\n' ' '
}

generates() {
  local output
  output="$(bazel run //tools/new-service -- payments 2> "$scratch/run.log")" || check_failed "new-service" "$(tail -n 5 "$scratch/run.log")"
  check_contains "the generator says what is next" "tools/bazel test //services/payments:all" "$output"
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "Cargo.lock is as cargo would write it" "$(tail -n 5 "$scratch/cargo.log")"
  passed "Cargo.lock is as cargo would write it"
}

refuses() {
  local before name status
  before="$(snapshot)"
  for name in payments hello tokio Bad; do
    status=0
    bazel run //tools/new-service -- "$name" > "$scratch/run.log" 2>&1 || status=$?
    check_equal "the exit code for the name $name" 64 "$status"
    check_contains "the reason is said" "$name\" can't be a service's name" "$(< "$scratch/run.log")"
  done
  check_equal "a name that is refused changes nothing" "$before" "$(snapshot)"
}

snapshot() { (cd "$copy" && find services Cargo.toml Cargo.lock MODULE.bazel -type f -print0 | sort --zero-terminated | xargs -0 sha256sum | sha256sum); }

passes_its_gates() {
  local test
  build_and_test "the new service"
  for test in arm64 boot debug elf sbom size structure payments payments_app payments_http; do
    grep --quiet --extended-regexp "^//services/payments:${test}_test +(\(cached\) )?PASSED" "$scratch/test.log" ||
      check_failed "//services/payments:${test}_test" "$(tail -n 30 "$scratch/test.log")"
  done
  passed "the new service is built, passes its gates and boots"
}

# Analysis, memory and a listing of the package grow with each; a service's own integration tests are its own business.
has_few_targets() {
  local rules tests
  bazel query 'kind(rule, //services/payments:all)' > "$scratch/rules" 2> "$scratch/query.log" || check_failed "the query" "$(tail -n 5 "$scratch/query.log")"
  rules="$(wc -l < "$scratch/rules")"
  tests="$(find "$copy/services/payments/tests" -maxdepth 1 -name '*.rs' | wc -l)"
  ((rules > tests && rules <= most_targets + tests)) ||
    check_failed "a service has at most $most_targets targets and one for each of its $tests tests/*.rs; found $rules" "$(< "$scratch/rules")"
  passed "a service has $((rules - tests)) targets, of at most $most_targets, and one for each of its $tests tests/*.rs"
}

runs_in_a_container() {
  bazel run //services/payments:load > "$scratch/load.log" 2>&1 || check_failed "load" "$(tail -n 20 "$scratch/load.log")"
  docker run --detach --name "$container" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
    --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 payments:latest > /dev/null
  at_end remove_container
  await "payments' start" 30 listening
  passed "the new service runs in a container"
}

remove_container() { docker rm --force "$container" > /dev/null; }

listening() { docker logs "$container" 2>&1 | grep --quiet listening; }

one_service_alone() {
  local file="$copy/services/payments/src/lib.rs"
  printf '\n/// Something new.\npub fn added() -> usize {\n    1\n}\n' >> "$file"
  build_and_test "after a change to payments"
  check_equal "what ran after a change to payments" "//services/payments " "$(executed)"
  check_contains "the other service's tests are cached" "//services/hello:boot_test" "$(grep '(cached) PASSED' "$scratch/test.log")"
}

what_all_stand_on() {
  # Less of busybox: the layer that every debug image has.
  sed -i '/"xargs",/d' "$copy/platforms/base/busybox.bzl"
  build_and_test "after a change to the debug layer"
  check_contains "hello's images are built again" "//services/hello " "$(executed '.mnemonic == "OCIImage"')"
  check_contains "payments' images are built again" "//services/payments " "$(executed '.mnemonic == "OCIImage"')"
  check_equal "nothing is compiled for it" "" "$(executed '.mnemonic == "Rustc"')"
}

# A crate in services/ that is no service is one that they share: a change to it is a change to all.
what_services_share() {
  local build crate all
  all="$(cd "$copy" && printf '//%s ' services/*)"
  for build in "$copy"/services/*/BUILD.bazel; do
    ! grep --quiet '^rust_service(' "$build" || continue
    crate="${build%/BUILD.bazel}"
    printf '\n/// Something new.\npub fn added() -> usize {\n    1\n}\n' >> "$crate/src/lib.rs"
    build_and_test "after a change to ${crate##*/}"
    check_equal "what ran after a change to ${crate##*/}" "$all" "$(executed)"
  done
}

main() {
  need_packages docker.io jq
  start_engine
  output_base="$(cd "$workspace" && tools/bazel info output_base 2> /dev/null)"
  copy_workspace "$copy"
  [[ ! -e "$workspace/user.bazelrc" ]] || cp "$workspace/user.bazelrc" "$copy"
  at_end stop_bazel
  local start="$SECONDS"
  generates
  has_few_targets
  passes_its_gates
  runs_in_a_container
  printf 'from nothing to a running container: %s s\n' "$((SECONDS - start))"
  refuses
  one_service_alone
  what_all_stand_on
  what_services_share
  printf '%s checks passed\n' "$checks_passed"
}

main
