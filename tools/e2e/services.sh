#!/usr/bin/env bash
# What tools/new-service writes of each kind builds, passes its gates and runs; a change to one service touches that one
# alone, a change to a shared crate touches what depends on it.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"

readonly log="$scratch/execution.json"
readonly max_targets=60
readonly container=thimble-e2e-$$
# What is generated, by kind. Hyphens: the crate has another name than the package.
declare -rA generated=([http]=payments [grpc]=user-quotas [job]=nightly-report [crate]=money)
# Files of integration tests, by kind.
declare -rA own_tests=([http]="app http" [grpc]="methods program" [job]=program [crate]="")
readonly gates="arm64 boot debug elf sbom size structure"

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
  python3 "$workspace/tools/e2e/lib/affected_actions.py" "$scratch/before.json" "$scratch/after.json" "$@" > "$scratch/affected"
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

# generates KIND
generates() {
  local name="${generated[$1]}" output
  output="$(in_copy run //tools/new-service -- "$name" --kind "$1" 2> "$scratch/run.log")" ||
    check_failed "new-service --kind $1" "$(tail -n 5 "$scratch/run.log")"
  check_contains "the generator prints the next steps" "tools/bazel test //services/$name:all" "$output"
}

agrees_with_cargo() {
  local name
  (cd "$copy" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "Cargo.lock is as cargo would write it" "$(tail -n 5 "$scratch/cargo.log")"
  passed "Cargo.lock is as cargo would write it"
  for name in "${generated[@]}"; do
    (cd "$copy" && tools/distro/shell cargo fmt --check --package "$name") > "$scratch/cargo.log" 2>&1 ||
      check_failed "$name is formatted" "$(head -n 20 "$scratch/cargo.log")"
  done
  passed "what is generated is formatted"
}

refuses() {
  local before name status
  before="$(snapshot)"
  for name in payments hello tokio Bad; do
    status=0
    in_copy run //tools/new-service -- "$name" --kind http > "$scratch/run.log" 2>&1 || status=$?
    check_equal "the exit code for the name $name" 64 "$status"
    check_contains "the error quotes the name" "invalid name \"$name\": " "$(< "$scratch/run.log")"
  done
  check_equal "a name that is refused changes nothing" "$before" "$(snapshot)"
}

snapshot() { (cd "$copy" && find services Cargo.toml Cargo.lock -type f -print0 | sort --zero-terminated | xargs -0 sha256sum | sha256sum); }

# passes_its_gates KIND
passes_its_gates() {
  local name="${generated[$1]}" test tests=("${generated[$1]}_test")
  build_and_test "//services/$name" "//services/$name:all"
  for test in ${own_tests[$1]}; do tests+=("${name}_${test}_test"); done
  [[ "$1" == crate ]] || for test in $gates; do tests+=("$name.${test}_test"); done
  for test in "${tests[@]}"; do
    grep --quiet --extended-regexp "^//services/$name:$test +(\(cached\) )?PASSED" "$scratch/test.log" ||
      check_failed "//services/$name:$test" "$(tail -n 30 "$scratch/test.log")"
  done
  passed "$name ($1) is built and passes its tests and gates"
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

# runs_in_a_container KIND
runs_in_a_container() {
  local name="${generated[$1]}" options=(--network host --read-only --cap-drop ALL --security-opt no-new-privileges)
  run_logged load "load" in_copy run "//services/$name:load"
  if [[ "$1" == job ]]; then
    check_contains "$name runs to its end in a container" "Hello World" "$(docker run --rm "${options[@]}" "$name:latest" World 2>&1)"
    return
  fi
  on_exit remove_container "$name"
  docker run --detach --name "$container-$name" "${options[@]}" --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 \
    "$name:latest" > /dev/null
  await "the start of $name" 30 listening "$name"
  passed "$name runs in a container"
}

# remove_container NAME
remove_container() { docker rm --force "$container-$1" > /dev/null; }

# listening NAME
listening() { docker logs "$container-$1" 2>&1 | grep --quiet listening; }

# from_nothing KIND: to a running container, with the time that it takes.
from_nothing() {
  local start="$SECONDS"
  generates "$1"
  passes_its_gates "$1"
  [[ "$1" == crate ]] || runs_in_a_container "$1"
  printf 'from nothing to the end, %s: %s s\n' "$1" "$((SECONDS - start))"
}

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
  local kind with_debug_image
  with_debug_image="$(in_copy query 'kind(oci_image, filter("image_debug$", //services/...))' 2> "$scratch/query.log" | sed 's/:.*//' | sort | tr '\n' ' ')"
  for kind in http grpc job; do
    check_contains "the services with a debug image" "//services/${generated[$kind]} " "$with_debug_image"
  done
  look before
  # Less of busybox.
  sed -i '/"xargs",/d' "$copy/platforms/base/busybox.bzl"
  look after
  check_equal "a change to the debug layer affects the images of" "$with_debug_image" "$(affected OCIImage)"
  check_equal "a change to the debug layer compiles nothing" "" "$(grep ' Rustc$' "$scratch/affected" || true)"
  executes "images after a change to the debug layer" "$with_debug_image" '.mnemonic == "OCIImage"'
}

# dependents CRATE: CRATE and the packages in services/ that depend on it, by cargo's metadata. A dev-dependency
# affects only the tests of its dependents.
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

# A package in services/ that is no program is shared.
shared_crates() {
  local build crate expected
  for build in "$copy"/services/*/BUILD.bazel; do
    grep --quiet '^rust_crate(' "$build" || continue
    crate="${build%/BUILD.bazel}"
    crate="${crate##*/}"
    expected="$(dependents "$crate")"
    look before
    add_function "services/$crate"
    look after
    check_equal "a change to $crate affects" "$expected" "$(affected '.*' "services/$crate/src/lib.rs")"
    executes "after a change to $crate" "$expected"
  done
}

main() {
  local kind
  need_packages docker.io jq python3
  start_engine
  open_copy
  for kind in http grpc job crate; do from_nothing "$kind"; done
  agrees_with_cargo
  has_few_targets
  [[ -z "${THIMBLE_E2E_FULL:-}" ]] || build_and_test "all services" //services/...
  refuses
  one_service_alone
  the_layer_of_debug_images
  shared_crates
  report_checks
}

main
