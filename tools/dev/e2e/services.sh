#!/usr/bin/env bash
# Verifies that generated services of each kind build, pass their gates and run, that a change to a service affects only that service, and that
# a change to a shared crate affects only its dependents. Needs root, docker and python3. With `.ci/run --full` the tests run after each change.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"

readonly log="$scratch/execution.json"
readonly max_targets=63
readonly container=thimble-e2e-$$
# Generated names, by kind. With a hyphen the crate's name differs from the package's.
declare -rA generated=([http]=payments [grpc]=user-quotas [job]=nightly-report [crate]=money)
# Integration test files, by kind.
declare -rA own_tests=([http]="app http" [grpc]="methods program" [job]=program [crate]="")
readonly gates="arm64 boot debug elf sbom size structure"

# build_and_test LABEL TARGET: the execution log is $log, Bazel's output $scratch/test.log.
build_and_test() {
  in_copy test --execution_log_json_file="$log" "$2" > "$scratch/test.log" 2>&1 ||
    check_failed "$1" "$(grep --extended-regexp 'ERROR|FAILED|error' "$scratch/test.log" | head -n 20)"
}

# Saves the action graph of all services for `affected`. Each query repeats the analysis, so the last graph is the next one to compare with.
save_action_graph() {
  [[ ! -e "$scratch/after.json" ]] || mv "$scratch/after.json" "$scratch/before.json"
  in_copy aquery --output=jsonproto 'deps(//services/...)' > "$scratch/after.json" 2> "$scratch/aquery.log" ||
    check_failed "bazel aquery" "$(tail -n 12 "$scratch/aquery.log")"
}

# affected MNEMONIC [CHANGED_FILE...]: the packages in services/ with such actions to run again between the last two graphs.
affected() {
  local mnemonic="$1"
  shift
  python3 "$workspace/tools/dev/e2e/lib/affected_actions.py" "$scratch/before.json" "$scratch/after.json" "$@" > "$scratch/affected"
  services_of <(sed -n "s/ $mnemonic\$//p" "$scratch/affected")
}

# services_of LABELS_FILE: their packages in //services.
services_of() { sed 's/^@*//; s/:.*//' "$1" | { grep '^//services/' || true; } | sort --unique | tr '\n' ' '; }

# check_executed LABEL EXPECTED [FILTER]: with --full, runs the tests; actions of only the expected packages may run or be cache hits.
check_executed() {
  [[ -n "${THIMBLE_E2E_FULL:-}" ]] || return 0
  build_and_test "$1" //services/...
  jq --raw-output "select(${3:-true}) | .targetLabel" "$log" > "$scratch/executed"
  check_equal "$1: executed" "$2" "$(services_of "$scratch/executed")"
}

# generate KIND
generate() {
  local name="${generated[$1]}" output
  output="$(in_copy run //tools/new-service -- "$name" --kind "$1" 2> "$scratch/run.log")" ||
    check_failed "new-service --kind $1" "$(tail -n 5 "$scratch/run.log")"
  check_contains "the generator prints the next steps" "tools/bazel test //services/$name:all" "$output"
}

checks_with_cargo() {
  local name
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo accepts Cargo.lock" "$(tail -n 5 "$scratch/cargo.log")"
  passed "cargo accepts Cargo.lock"
  for name in "${generated[@]}"; do
    (cd "$copy" && tools/distro/shell cargo fmt --check --package "$name") > "$scratch/cargo.log" 2>&1 ||
      check_failed "$name is formatted" "$(head -n 20 "$scratch/cargo.log")"
  done
  passed "generated files are formatted"
}

rejects_names() {
  local before name status
  before="$(snapshot)"
  for name in payments hello tokio Bad; do
    status=0
    in_copy run //tools/new-service -- "$name" --kind http > "$scratch/run.log" 2>&1 || status=$?
    check_equal "the exit code for the name $name" 64 "$status"
    check_contains "the error quotes the name" "invalid name \"$name\": " "$(< "$scratch/run.log")"
  done
  check_equal "a rejected name changes no file" "$before" "$(snapshot)"
}

snapshot() { (cd "$copy" && find services Cargo.toml Cargo.lock -type f -print0 | sort --zero-terminated | xargs -0 sha256sum | sha256sum); }

# check_gates KIND
check_gates() {
  local name="${generated[$1]}" test tests=("${generated[$1]}_test")
  build_and_test "//services/$name" "//services/$name:all"
  for test in ${own_tests[$1]}; do tests+=("${name}_${test}_test"); done
  [[ "$1" == crate ]] || for test in $gates; do tests+=("$name.${test}_test"); done
  for test in "${tests[@]}"; do
    grep --quiet --extended-regexp "^//services/$name:$test +(\(cached\) )?PASSED" "$scratch/test.log" ||
      check_failed "//services/$name:$test" "$(tail -n 30 "$scratch/test.log")"
  done
  passed "$name ($1) passes its tests and gates"
}

# Analysis time and memory grow with each target. Integration tests add two targets each.
limits_targets() {
  local rules tests
  in_copy query 'kind(rule, //services/payments:all)' > "$scratch/rules" 2> "$scratch/query.log" || check_failed "the query" "$(tail -n 5 "$scratch/query.log")"
  rules="$(wc -l < "$scratch/rules")"
  tests="$(find "$copy/services/payments/tests" -maxdepth 1 -name '*.rs' | wc -l)"
  ((rules > 2 * tests && rules <= max_targets + 2 * tests)) ||
    check_failed "a service has at most $max_targets targets and 2 for each of $tests integration tests: found $rules" "$(< "$scratch/rules")"
  passed "a service has at most $max_targets targets ($((rules - 2 * tests))), without integration tests"
}

# run_in_container KIND
run_in_container() {
  local name="${generated[$1]}" options=(--network host --read-only --cap-drop ALL --security-opt no-new-privileges)
  run_logged load "load" in_copy run "//services/$name:load"
  if [[ "$1" == job ]]; then
    check_contains "$name completes in a container" "Hello World" "$(docker run --rm "${options[@]}" "$name:latest" World 2>&1)"
    return
  fi
  on_exit remove_container "$name"
  docker run --detach --name "$container-$name" "${options[@]}" --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 \
    "$name:latest" > /dev/null
  await "$name starts" 30 is_listening "$name"
  passed "$name runs in a container"
}

remove_container() { docker rm --force "$container-$1" > /dev/null; }

is_listening() { docker logs "$container-$1" 2>&1 | grep --quiet listening; }

# check_kind KIND: generates, runs and tests a service, and prints the seconds until it runs in a container, a job until it has completed, and
# those of its tests and gates.
check_kind() {
  local start="$SECONDS" running
  generate "$1"
  [[ "$1" == crate ]] || run_in_container "$1"
  running="$SECONDS"
  check_gates "$1"
  if [[ "$1" == crate ]]; then
    printf 'seconds, %s: generated and tested %s\n' "$1" "$((SECONDS - start))"
  else
    printf 'seconds, %s: from new-service to a container %s, tests and gates %s\n' "$1" "$((running - start))" "$((SECONDS - running))"
  fi
}

# add_function CRATE: changes a library in the copy.
add_function() { printf '\n/// Something new.\npub fn added() -> usize {\n    1\n}\n' >> "$copy/$1/src/lib.rs"; }

changes_service() {
  save_action_graph
  add_function services/payments
  save_action_graph
  check_equal "a change to payments affects" "//services/payments " "$(affected '.*' services/payments/src/lib.rs)"
  check_executed "after a change to payments" "//services/payments "
}

changes_debug_layer() {
  local kind with_debug_image
  with_debug_image="$(in_copy query 'kind(oci_image, filter("image_debug$", //services/...))' 2> "$scratch/query.log" | sed 's/:.*//' | sort | tr '\n' ' ')"
  for kind in http grpc job; do
    check_contains "the services with a debug image" "//services/${generated[$kind]} " "$with_debug_image"
  done
  # Removes a command from busybox.
  sed -i '/"xargs",/d' "$copy/platforms/base/busybox.bzl"
  save_action_graph
  check_equal "a change to the debug layer affects the images of" "$with_debug_image" "$(affected OCIImage)"
  check_equal "a change to the debug layer compiles nothing" "" "$(grep ' Rustc$' "$scratch/affected" || true)"
  check_executed "images after a change to the debug layer" "$with_debug_image" '.mnemonic == "OCIImage"'
}

# dependents CRATE: CRATE and its transitive dependents in services/, from cargo's metadata. A dev-dependency is not transitive.
dependents() {
  jq --raw-output --arg crate "$1" '
    [.packages[] | select(.source == null) | {
      name,
      directory: (.manifest_path | split("/")[-3:-1] | join("/")),
      dependencies: [.dependencies[] | select(.path and .kind != "dev") | .name],
      dev_dependencies: [.dependencies[] | select(.path and .kind == "dev") | .name]
    }] as $members
    | def grown:
        . as $set
        | ($set + [$members[] | select(any(.dependencies[]; IN($set[]))) | .name] | unique) as $next
        | if $next == $set then $set else $next | grown end;
      ([$crate] | grown) as $names
    | $members[]
    | select(any(.name, .dev_dependencies[]; IN($names[])) and (.directory | startswith("services/")))
    | "//" + .directory
  ' "$scratch/metadata.json" | sort | tr '\n' ' '
}

# Changes each package in services/ that is a library.
changes_shared_crates() {
  local build crate expected
  for build in "$copy"/services/*/BUILD.bazel; do
    grep --quiet '^rust_crate(' "$build" || continue
    crate="${build%/BUILD.bazel}"
    crate="${crate##*/}"
    expected="$(dependents "$crate")"
    add_function "services/$crate"
    save_action_graph
    check_equal "a change to $crate affects" "$expected" "$(affected '.*' "services/$crate/src/lib.rs")"
    check_executed "after a change to $crate" "$expected"
  done
}

main() {
  local kind
  need_packages docker.io jq python3
  start_engine
  open_copy
  for kind in http grpc job crate; do check_kind "$kind"; done
  checks_with_cargo
  limits_targets
  [[ -z "${THIMBLE_E2E_FULL:-}" ]] || build_and_test "all services" //services/...
  rejects_names
  changes_service
  changes_debug_layer
  changes_shared_crates
  report_checks
}

main
