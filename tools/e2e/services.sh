#!/usr/bin/env bash
# A generated service builds, passes its gates and boots; a change to one service touches that one alone, a change to what
# all stand on touches all.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/copy.sh
source "${BASH_SOURCE[0]%/*}/lib/copy.sh"
# shellcheck source=tools/e2e/lib/docker.sh
source "${BASH_SOURCE[0]%/*}/lib/docker.sh"

readonly log="$scratch/execution.json"
readonly max_targets=37
readonly container=thimble-e2e-$$

# build_and_test WHAT TARGET: what was executed is in $log, Bazel's output in $scratch/test.log.
build_and_test() {
  in_copy test --execution_log_json_file="$log" "$2" > "$scratch/test.log" 2>&1 ||
    check_failed "$1" "$(grep --extended-regexp 'ERROR|FAILED|error' "$scratch/test.log" | head -n 20)"
}

# look NAME: the action graph of all services, for `affected`.
look() {
  in_copy aquery --output=jsonproto 'deps(//services/...)' > "$scratch/$1.json" 2> "$scratch/aquery.log" ||
    check_failed "bazel aquery" "$(tail -n 12 "$scratch/aquery.log")"
}

# affected MNEMONIC [CHANGED_FILE...]: the packages of services with such actions to run again, from the look `before` to the look `after`.
affected() {
  local mnemonic="$1"
  shift
  python3 "$workspace/tools/e2e/lib/affected.py" "$scratch/before.json" "$scratch/after.json" "$@" > "$scratch/affected"
  services_of <(sed -n "s/ $mnemonic\$//p" "$scratch/affected")
}

# services_of LABELS_FILE: their packages in //services.
services_of() { sed 's/^@*//; s/:.*//' "$1" | { grep '^//services/' || true; } | sort --unique | tr '\n' ' '; }

# executes WHAT EXPECTED [FILTER]: with --full the tests run after each change, too, and Bazel executes, or takes from a cache,
# actions of the expected packages.
executes() {
  [[ -n "${THIMBLE_E2E_FULL:-}" ]] || return 0
  build_and_test "$1" //services/...
  jq --raw-output "select(${3:-true}) | .targetLabel" "$log" > "$scratch/executed"
  check_equal "$1: executed" "$2" "$(services_of "$scratch/executed")"
}

generates() {
  local output
  output="$(in_copy run //tools/new-service -- payments 2> "$scratch/run.log")" || check_failed "new-service" "$(tail -n 5 "$scratch/run.log")"
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
    in_copy run //tools/new-service -- "$name" > "$scratch/run.log" 2>&1 || status=$?
    check_equal "the exit code for the name $name" 64 "$status"
    check_contains "the reason is said" "$name\" can't be a service's name" "$(< "$scratch/run.log")"
  done
  check_equal "a name that is refused changes nothing" "$before" "$(snapshot)"
}

snapshot() { (cd "$copy" && find services Cargo.toml Cargo.lock -type f -print0 | sort --zero-terminated | xargs -0 sha256sum | sha256sum); }

passes_its_gates() {
  local test tests=//services/payments:all
  [[ -z "${THIMBLE_E2E_FULL:-}" ]] || tests=//services/...
  build_and_test "the new service" "$tests"
  for test in arm64 boot debug elf sbom size structure payments payments_app payments_http; do
    grep --quiet --extended-regexp "^//services/payments:${test}_test +(\(cached\) )?PASSED" "$scratch/test.log" ||
      check_failed "//services/payments:${test}_test" "$(tail -n 30 "$scratch/test.log")"
  done
  passed "the new service is built, passes its gates and boots"
}

# Analysis, memory and a listing of the package grow with each; a service's own integration tests, two targets each, are its own
# business.
has_few_targets() {
  local rules tests
  in_copy query 'kind(rule, //services/payments:all)' > "$scratch/rules" 2> "$scratch/query.log" || check_failed "the query" "$(tail -n 5 "$scratch/query.log")"
  rules="$(wc -l < "$scratch/rules")"
  tests="$(find "$copy/services/payments/tests" -maxdepth 1 -name '*.rs' | wc -l)"
  ((rules > 2 * tests && rules <= max_targets + 2 * tests)) ||
    check_failed "a service has at most $max_targets targets and two for each of its $tests tests/*.rs; found $rules" "$(< "$scratch/rules")"
  passed "a service has $((rules - 2 * tests)) targets, of at most $max_targets, and two for each of its $tests tests/*.rs"
}

runs_in_a_container() {
  in_copy run //services/payments:load > "$scratch/load.log" 2>&1 || check_failed "load" "$(tail -n 20 "$scratch/load.log")"
  docker run --detach --name "$container" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
    --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 payments:latest > /dev/null
  at_end remove_container
  await "payments' start" 30 listening
  passed "the new service runs in a container"
}

remove_container() { docker rm --force "$container" > /dev/null; }

listening() { docker logs "$container" 2>&1 | grep --quiet listening; }

# add_function CRATE: changes a library in the copy.
add_function() { printf '\n/// Something new.\npub fn added() -> usize {\n    1\n}\n' >> "$copy/$1/src/lib.rs"; }

one_service_alone() {
  look before
  add_function services/payments
  look after
  check_equal "a change to payments affects" "//services/payments " "$(affected '.*' services/payments/src/lib.rs)"
  executes "after a change to payments" "//services/payments "
}

the_layer_of_debug_images() {
  local with_debug_image
  with_debug_image="$(in_copy query 'kind(oci_image, filter(":image_debug$", //services/...))' 2> "$scratch/query.log" | sed 's/:.*//' | sort | tr '\n' ' ')"
  check_contains "the services with a debug image" "//services/hello //services/links //services/payments " "$with_debug_image"
  look before
  # Less of busybox.
  sed -i '/"xargs",/d' "$copy/platforms/base/busybox.bzl"
  look after
  check_equal "a change to the debug layer affects the images of" "$with_debug_image" "$(affected OCIImage)"
  check_equal "a change to the debug layer compiles nothing" "" "$(grep ' Rustc$' "$scratch/affected" || true)"
  executes "images after a change to the debug layer" "$with_debug_image" '.mnemonic == "OCIImage"'
}

# A crate in services/ that is no service is shared by them.
shared_crates() {
  local build crate all
  all="$(cd "$copy" && printf '//%s ' services/*)"
  for build in "$copy"/services/*/BUILD.bazel; do
    ! grep --quiet '^rust_service(' "$build" || continue
    crate="${build%/BUILD.bazel}"
    crate="services/${crate##*/}"
    look before
    add_function "$crate"
    look after
    check_equal "a change to $crate affects" "$all" "$(affected '.*' "$crate/src/lib.rs")"
    executes "after a change to $crate" "$all"
  done
}

main() {
  need_packages docker.io jq python3
  start_engine
  open_copy
  local start="$SECONDS"
  generates
  has_few_targets
  passes_its_gates
  runs_in_a_container
  printf 'from nothing to a running container: %s s\n' "$((SECONDS - start))"
  refuses
  one_service_alone
  the_layer_of_debug_images
  shared_crates
  printf '%s checks passed\n' "$checks_passed"
}

main
