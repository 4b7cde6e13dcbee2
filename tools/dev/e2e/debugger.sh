#!/usr/bin/env bash
# Verifies that gdb stops in a handler of hello with source lines, in a debug build and in a production container, and that it reports
# mismatched symbols. Needs root, docker and gdb.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/e2e/lib/gdb.sh
source "${BASH_SOURCE[0]%/*}/lib/gdb.sh"
# shellcheck source=tools/dev/e2e/lib/hello_container.sh
source "${BASH_SOURCE[0]%/*}/lib/hello_container.sh"
# shellcheck source=tools/dev/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"

readonly programs="$scratch/programs"
readonly source_file=services/hello/src/lib.rs

# Copied because the next build may overwrite them.
build_programs() {
  mkdir "$programs"
  build_release //services/hello:hello.release //services/hello:hello.symbols
  cp --dereference "$workspace"/bazel-bin/services/hello/hello.{release,symbols} "$programs"
  build_release -c dbg //services/hello
  cp --dereference "$workspace/bazel-bin/services/hello/hello" "$programs/hello.dbg"
}

# check_stopped LABEL
check_stopped() {
  check_contains "$1: gdb stops at the handler's line" "at $source_file:$line" "$(grep 'hit Breakpoint' <<< "$gdb_log" || printf '%s' "$gdb_log")"
  check_contains "$1: gdb shows the handler's source" "$line"$'\t'"$(sed -n "${line}p" "$workspace/$source_file")" "$gdb_log"
  check_contains "$1: the backtrace contains chassis lines" "at services/chassis-http/src/" "$gdb_log"
  check_contains "$1: gdb detaches" detached "$gdb_log"
  check_equal "$1: the request completes" "Hello World" "$response"
  check_equal "$1: the next request completes" "Hello World" "$(curl --silent --show-error --max-time 10 "http://$address/")"
}

# check_no_source_lines LABEL ERROR
check_no_source_lines() {
  check_contains "$1: gdb reports an error" "$2" "$gdb_log"
  [[ "$gdb_log" != *"hit Breakpoint"* && "$gdb_log" != *" at $source_file:"* ]] || check_failed "$1: no source lines" "$gdb_log"
  passed "$1: no source lines"
  check_equal "$1: the service still responds" "Hello World" "$(curl --silent --show-error --max-time 10 "http://$address/")"
}

checks_debug_build() {
  start_service hello "$programs/hello.dbg"
  address="$service_address"
  stop_in_handler "${service_pid[hello]}" "$address" "$programs/hello.dbg" "$source_file:$line"
  check_stopped "-c dbg"
}

checks_production() {
  start_engine
  load_hello > /dev/null
  start_hello_container
  cmp "/proc/$pid/exe" "$programs/hello.release" || check_failed "the container runs the built program"
  passed "the container runs the built program"
  stop_in_handler "$pid" "$address" "$programs/hello.symbols" "$source_file:$line"
  check_stopped "production"
}

# Symbols of another program: the comparison of docs/debugging.md differs, and gdb reports an error.
checks_other_programs() {
  ! cmp --silent "/proc/$pid/exe" "$programs/hello.dbg" || check_failed "another program differs from the container's"
  passed "another program differs from the container's"
  stop_in_handler "$pid" "$address" "$programs/hello.dbg" "$source_file:$line"
  check_no_source_lines "symbols of another program" "Cannot insert breakpoint"
  stop_in_handler "$pid" "$address" "$programs/hello.release" "$source_file:$line"
  check_no_source_lines "a stripped program" "No symbol table is loaded"
}

main() {
  need_packages curl docker.io gdb
  line="$(grep --line-number '"Hello World"' "$workspace/$source_file")"
  line="${line%%:*}"
  build_programs
  checks_debug_build
  checks_production
  checks_other_programs
  report_checks
}

main
