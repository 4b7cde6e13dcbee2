#!/usr/bin/env bash
# Compares hello with minimal servers on hyper, axum and Go's net/http, with builds for glibc and with other allocators, on the loopback:
# throughput by wrk, and latency at a constant rate. Then measures hello's startup, restarts and idle connections.
# Fails only if a request fails.
#
# Usage: tools/dev/bench/service.sh [ROUNDS [SECONDS [RESTARTS [IDLE [SLOW]]]]]
#
#     ROUNDS    rounds of each measurement; default: 7
#     SECONDS   duration of a measurement; default: 4
#     RESTARTS  restarts under load; default: 200
#     IDLE      idle connections; default: 10000
#     SLOW      slow senders; default: 500
set -o errexit -o nounset -o pipefail
# shellcheck disable=SC2034 # for harness.sh
readonly usage="[ROUNDS [SECONDS [RESTARTS [IDLE [SLOW]]]]]"
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"

check_argument_count 5 "$@"
readonly rounds="${1:-7}" seconds="${2:-4}" restarts="${3:-200}" idle="${4:-10000}" slow="${5:-500}"
readonly bench=//tools/dev/bench/servers figures="$scratch/figures"
readonly variants=(hello bare bare_mimalloc bare_axum chassis_server glibc_bare glibc_chassis_server net_http)
readonly percentiles=(p50 p90 p99 p99.9)
declare -A address

# samples_file NAME: the file with the samples of a measurement.
samples_file() { printf '%s' "$figures/${1//\//_}"; }

# save_output NAME FILE: copies it, because the next build overwrites it.
save_output() { cp --dereference "$2" "$scratch/$1"; }

build_all() {
  local server flags inline_threshold max_stores
  build_release //services/hello:hello.release //tools/dev/load "$bench:bare" "$bench:bare_mimalloc" "$bench:bare_axum" "$bench:chassis_server"
  save_output hello "$workspace/bazel-bin/services/hello/hello.release"
  save_output load "$workspace/bazel-bin/tools/dev/load/load"
  for server in bare bare_mimalloc bare_axum chassis_server; do save_output "$server" "$workspace/bazel-bin/tools/dev/bench/servers/$server"; done
  (cd "$workspace/tools/dev/bench/servers/net_http" && GO111MODULE=off GOCACHE="$scratch/go" go build -o "$scratch/net_http" main.go)
  # The flags of the release profile: the configuration `release` itself builds only for musl.
  flags="$(sed --quiet '/^\[profile\.release\]/,/^$/s/^\([a-z-]*\) = "\{0,1\}\([^"]*\)"\{0,1\}$/-C\1=\2/p' "$workspace/Cargo.toml" |
    grep --invert-match lto= | paste --serial --delimiters ,)"
  inline_threshold="$(sed -n 's/^_INLINE_THRESHOLD = //p' "$workspace/tools/rust/private/profile.bzl")"
  max_stores="$(sed -n 's/^_MAX_STORES = //p' "$workspace/tools/rust/private/profile.bzl")"
  local settings=(--compilation_mode=opt --platforms=@platforms//host
    "--@rules_rust//rust/settings:extra_rustc_flags=$flags,-Clinker-plugin-lto=yes,-Cllvm-args=-inline-threshold=$inline_threshold,-Cllvm-args=-max-store-memcpy=$max_stores")
  build_release "${settings[@]}" "$bench:bare_bin" "$bench:chassis_server_bin"
  for server in bare chassis_server; do save_output "glibc_$server" "$workspace/bazel-bin/tools/dev/bench/servers/${server}_bin"; done
}

start_all() {
  local variant
  for variant in "${variants[@]}"; do
    # Linked with the build root's glibc, which is newer than the machine's.
    if [[ "$variant" == glibc_* ]]; then
      start_service "$variant" "$workspace/tools/distro/shell" "$scratch/$variant"
    else
      start_service "$variant" "$scratch/$variant"
    fi
    address[$variant]="$service_address"
  done
}

# measure_rate VARIANT PATH CONNECTIONS: records the requests per second.
measure_rate() {
  local log="$scratch/wrk.log" threads=$(($3 < 2 ? 1 : 2))
  wrk --threads "$threads" --connections "$3" --duration "${seconds}s" "http://${address[$1]}$2" > "$log"
  ! grep --quiet --extended-regexp 'Non-2xx|Socket errors' "$log" || check_failed "$1 responds to every request" "$(< "$log")"
  awk '/^Requests\/sec/ {print $2}' "$log" >> "$(samples_file "$1 $2 $3")"
}

# print_ratio VARIANT BASELINE PATH CONNECTIONS: median, minimum and maximum of the rounds' ratios.
print_ratio() {
  paste "$(samples_file "$1 $3 $4")" "$(samples_file "$2 $3 $4")" | awk '{print $1 / $2}' | sort --general-numeric-sort |
    awk -v label="$1 to $2, $3, $4 connections" '{r[NR] = $1}
      END {printf "| %s | %.2f | %.2f | %.2f |\n", label, r[int((NR + 1) / 2)], r[1], r[NR]}'
}

# print_rate VARIANT PATH CONNECTIONS
print_rate() {
  sort --general-numeric-sort "$(samples_file "$1 $2 $3")" |
    awk -v label="$1, $2, $3 connections" '{r[NR] = $1} END {printf "| %s | %.0f | %.0f | %.0f |\n", label, r[int((NR + 1) / 2)], r[1], r[NR]}'
}

serves_path() { [[ "$2" == / || "$1" != hello && "$1" != net_http ]]; }

# The variants are interleaved, so that other load of the machine affects all of them.
measure_throughput() {
  local round variant path connections
  for ((round = 0; round < rounds; round++)); do
    for path in / /allocate; do
      for connections in 1 64; do
        for variant in "${variants[@]}"; do
          ! serves_path "$variant" "$path" || measure_rate "$variant" "$path" "$connections"
        done
      done
    done
  done
  printf '\n| requests per second, %s times %s s | median | min | max |\n|---|---|---|---|\n' "$rounds" "$seconds"
  for path in / /allocate; do
    for connections in 1 64; do
      for variant in "${variants[@]}"; do
        ! serves_path "$variant" "$path" || print_rate "$variant" "$path" "$connections"
      done
    done
  done
  printf '\n| ratio per round | median | min | max |\n|---|---|---|---|\n'
  for path in / /allocate; do
    for connections in 1 64; do
      if serves_path hello "$path"; then
        print_ratio hello bare "$path" "$connections"
        print_ratio hello bare_axum "$path" "$connections"
        print_ratio hello net_http "$path" "$connections"
      fi
      print_ratio chassis_server bare "$path" "$connections"
      print_ratio bare_axum bare "$path" "$connections"
      print_ratio chassis_server bare_axum "$path" "$connections"
      print_ratio chassis_server glibc_chassis_server "$path" "$connections"
      print_ratio bare_mimalloc bare "$path" "$connections"
      print_ratio bare glibc_bare "$path" "$connections"
    done
  done
}

# measure_latency VARIANT PERCENT RATE: records the number of unanswered requests, and the percentiles.
measure_latency() {
  local log="$scratch/constant.log" row
  # At too high a rate `load` fails, and its table has the number of unanswered requests.
  "$scratch/load" constant "$scratch/$1" --rate "$3" --seconds "$seconds" > "$log" 2>&1 || true
  row="$(awk -F ' *[|] *' 'NF == 9 && $2 + 0 {print $4, $5, $6, $7, $8}' "$log")"
  [[ -n "$row" ]] || check_failed "$1 at $3 requests per second" "$(< "$log")"
  printf '%s\n' "$row" >> "$(samples_file "$1 $2 %")"
}

# print_spread FORMAT: the median of a column of samples, with minimum and maximum.
print_spread() {
  sort --general-numeric-sort |
    awk -v format="$1" '{r[NR] = $1} END {printf " " format " (" format " to " format ") |", r[int((NR + 1) / 2)], r[1], r[NR]}'
}

# print_latency VARIANT PERCENT
print_latency() {
  local number file
  file="$(samples_file "$1 $2 %")"
  printf '| %s, %s %% | %s |' "$1" "$2" "$(awk '{sum += $1} END {print sum}' "$file")"
  for number in "${!percentiles[@]}"; do cut --delimiter ' ' --fields $((number + 2)) "$file" | print_spread '%.0f'; done
  printf '\n'
}

# print_latency_ratio VARIANT BASELINE PERCENT: of the rounds' ratios.
print_latency_ratio() {
  local number
  printf '| %s to %s, %s %% | |' "$1" "$2" "$3"
  for number in "${!percentiles[@]}"; do
    paste --delimiters ' ' "$(samples_file "$1 $3 %")" "$(samples_file "$2 $3 %")" | awk -v column=$((number + 2)) '{print $column / $(column + 5)}' | print_spread '%.2f'
  done
  printf '\n'
}

# At fractions of the highest rate of bare_axum, interleaved as above.
measure_latencies() {
  local knee round percent variant
  "$scratch/load" knee "$scratch/bare_axum" > "$scratch/knee.log" || check_failed "the knee of bare_axum" "$(< "$scratch/knee.log")"
  knee="$(sed --quiet 's/^knee: \([0-9]*\) .*/\1/p' "$scratch/knee.log")"
  for ((round = 0; round < rounds; round++)); do
    for percent in 50 70 90; do
      for variant in bare_axum hello; do measure_latency "$variant" "$percent" $((knee * percent / 100)); done
    done
  done
  printf '\n| microseconds at a fraction of %s requests per second, 64 connections, %s times %s s | unanswered |' "$knee" "$rounds" "$seconds"
  printf ' %s |' "${percentiles[@]}"
  printf '\n|---|---|---|---|---|---|\n'
  for percent in 50 70 90; do
    print_latency bare_axum "$percent"
    print_latency hello "$percent"
    print_latency_ratio hello bare_axum "$percent"
  done
}

# Prints the size of each program, and its resident memory after the load above.
print_memory() {
  local variant
  printf '\n| | bytes | resident after the load, kB |\n|---|---|---|\n'
  for variant in "${variants[@]}"; do
    printf '| %s | %s | %s |\n' "$variant" "$(stat --format %s "$scratch/$variant")" "$(service_rss "$variant")"
  done
}

main() {
  local argument
  for argument in "$@"; do check_positive_integer argument "$argument"; done
  need_packages golang-go wrk
  mkdir -p "$figures"
  printf '%s processors, %s, %s\n' "$(nproc)" "$(wrk --version | head -n 1 | cut --delimiter ' ' --fields 1-3 || true)" "$(go version)"
  build_all
  start_all
  measure_throughput
  print_memory
  stop_services
  measure_latencies
  local variant
  for variant in hello bare bare_mimalloc; do
    printf '\n%s:\n\n' "$variant"
    "$scratch/load" startup "$scratch/$variant"
  done
  printf '\n'
  "$scratch/load" restarts "$scratch/hello" --rounds "$restarts"
  printf '\n'
  "$scratch/load" idle "$scratch/hello" --connections "$idle" --slow "$slow"
}

main "$@"
