#!/usr/bin/env bash
# hello beside bare servers of hyper, axum and Go's net/http, beside the same code built for glibc, and with other allocators, on the
# loopback in one run: throughput by wrk, and latency at a constant rate; then restarts, idle connections, and the time to the first answer.
# Prints its figures; judges none of them, but fails when a request does.
#     tools/bench/service.sh [ROUNDS [SECONDS [RESTARTS [IDLE [SLOW]]]]]
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"

readonly rounds="${1:-7}" seconds="${2:-4}" restarts="${3:-200}" idle="${4:-10000}" slow="${5:-500}"
readonly bench=//tools/bench/servers figures="$scratch/figures"
readonly variants=(hello bare bare_mimalloc bare_axum chassis_server glibc_bare glibc_chassis_server net_http)
readonly percentiles=(p50 p90 p99 p99.9)
declare -A address

figure() { printf '%s' "$figures/${1//\//_}"; }

# keep NAME FILE: a copy, since the next build replaces what this one made.
keep() { cp --dereference "$2" "$scratch/$1"; }

build_all() {
  local server flags inline stores
  build_release //services/hello:hello.release //tools/load "$bench:bare" "$bench:bare_mimalloc" "$bench:bare_axum" "$bench:chassis_server"
  keep hello "$workspace/bazel-bin/services/hello/hello.release"
  keep load "$workspace/bazel-bin/tools/load/load"
  for server in bare bare_mimalloc bare_axum chassis_server; do keep "$server" "$workspace/bazel-bin/tools/bench/servers/$server"; done
  (cd "$workspace/tools/bench/servers/net_http" && GO111MODULE=off GOCACHE="$scratch/go" go build -o "$scratch/net_http" main.go)
  # The release profile by hand: `release` itself builds for musl and nothing else.
  flags="$(sed --quiet '/^\[profile\.release\]/,/^$/s/^\([a-z-]*\) = "\{0,1\}\([^"]*\)"\{0,1\}$/-C\1=\2/p' "$workspace/Cargo.toml" |
    grep --invert-match lto= | paste --serial --delimiters ,)"
  inline="$(sed -n 's/^_INLINE_THRESHOLD = //p' "$workspace/tools/rust/private/profile.bzl")"
  stores="$(sed -n 's/^_MAX_STORES = //p' "$workspace/tools/rust/private/profile.bzl")"
  local settings=(--compilation_mode=opt --platforms=@platforms//host
    "--@rules_rust//rust/settings:extra_rustc_flags=$flags,-Clinker-plugin-lto=yes,-Cllvm-args=-inline-threshold=$inline,-Cllvm-args=-max-store-memcpy=$stores")
  build_release "${settings[@]}" "$bench:bare_bin" "$bench:chassis_server_bin"
  for server in bare chassis_server; do keep "glibc_$server" "$workspace/bazel-bin/tools/bench/servers/${server}_bin"; done
}

start_all() {
  local variant
  for variant in "${variants[@]}"; do
    # The root's glibc is newer than the machine's: what is linked with it runs there.
    if [[ "$variant" == glibc_* ]]; then
      start_service "$variant" "$workspace/tools/distro/shell" "$scratch/$variant"
    else
      start_service "$variant" "$scratch/$variant"
    fi
    address[$variant]="$service_address"
  done
}

# measure VARIANT PATH CONNECTIONS: appends its requests a second.
measure() {
  local log="$scratch/wrk.log" threads=$(($3 < 2 ? 1 : 2))
  wrk --threads "$threads" --connections "$3" --duration "${seconds}s" "http://${address[$1]}$2" > "$log"
  ! grep --quiet --extended-regexp 'Non-2xx|Socket errors' "$log" || check_failed "$1 answers every request" "$(< "$log")"
  awk '/^Requests\/sec/ {print $2}' "$log" >> "$(figure "$1 $2 $3")"
}

# ratio VARIANT TO PATH CONNECTIONS: of each round's two figures, median, least and most.
ratio() {
  paste "$(figure "$1 $3 $4")" "$(figure "$2 $3 $4")" | awk '{print $1 / $2}' | sort --general-numeric-sort |
    awk -v what="$1 to $2, $3, $4 connections" '{r[NR] = $1}
      END {printf "| %s | %.2f | %.2f | %.2f |\n", what, r[int((NR + 1) / 2)], r[1], r[NR]}'
}

# rate VARIANT PATH CONNECTIONS
rate() {
  sort --general-numeric-sort "$(figure "$1 $2 $3")" |
    awk -v what="$1, $2, $3 connections" '{r[NR] = $1} END {printf "| %s | %.0f | %.0f | %.0f |\n", what, r[int((NR + 1) / 2)], r[1], r[NR]}'
}

has() { [[ "$2" == / || "$1" != hello && "$1" != net_http ]]; }

# Interleaved: what else the machine does meets all of them.
throughput() {
  local round variant path connections
  for ((round = 0; round < rounds; round++)); do
    for path in / /allocate; do
      for connections in 1 64; do
        for variant in "${variants[@]}"; do
          ! has "$variant" "$path" || measure "$variant" "$path" "$connections"
        done
      done
    done
  done
  printf '\n| requests a second, %s times %s s | median | least | most |\n|---|---|---|---|\n' "$rounds" "$seconds"
  for path in / /allocate; do
    for connections in 1 64; do
      for variant in "${variants[@]}"; do
        ! has "$variant" "$path" || rate "$variant" "$path" "$connections"
      done
    done
  done
  printf '\n| times as many, round by round | median | least | most |\n|---|---|---|---|\n'
  for path in / /allocate; do
    for connections in 1 64; do
      if has hello "$path"; then
        ratio hello bare "$path" "$connections"
        ratio hello bare_axum "$path" "$connections"
        ratio hello net_http "$path" "$connections"
      fi
      ratio chassis_server bare "$path" "$connections"
      ratio bare_axum bare "$path" "$connections"
      ratio chassis_server bare_axum "$path" "$connections"
      ratio chassis_server glibc_chassis_server "$path" "$connections"
      ratio bare_mimalloc bare "$path" "$connections"
      ratio bare glibc_bare "$path" "$connections"
    done
  done
}

# measure_latency VARIANT PERCENT RATE: appends what was not answered, and the percentiles.
measure_latency() {
  local log="$scratch/constant.log" row
  # At a rate above what it can answer the table has what was not answered.
  "$scratch/load" constant "$scratch/$1" --rate "$3" --seconds "$seconds" > "$log" 2>&1 || true
  row="$(awk -F ' *[|] *' 'NF == 9 && $2 + 0 {print $4, $5, $6, $7, $8}' "$log")"
  [[ -n "$row" ]] || check_failed "$1 at $3 requests a second" "$(< "$log")"
  printf '%s\n' "$row" >> "$(figure "$1 $2 %")"
}

# spread FORMAT: the median of a column of figures, with least and most.
spread() {
  sort --general-numeric-sort |
    awk -v format="$1" '{r[NR] = $1} END {printf " " format " (" format " to " format ") |", r[int((NR + 1) / 2)], r[1], r[NR]}'
}

# latency_row VARIANT PERCENT
latency_row() {
  local number file
  file="$(figure "$1 $2 %")"
  printf '| %s, %s %% | %s |' "$1" "$2" "$(awk '{sum += $1} END {print sum}' "$file")"
  for number in "${!percentiles[@]}"; do cut --delimiter ' ' --fields $((number + 2)) "$file" | spread '%.0f'; done
  printf '\n'
}

# latency_ratio_row VARIANT TO PERCENT: of each round's two figures.
latency_ratio_row() {
  local number
  printf '| %s to %s, %s %% | |' "$1" "$2" "$3"
  for number in "${!percentiles[@]}"; do
    paste --delimiters ' ' "$(figure "$1 $3 %")" "$(figure "$2 $3 %")" | awk -v column=$((number + 2)) '{print $column / $(column + 5)}' | spread '%.2f'
  done
  printf '\n'
}

# At shares of the rate that bare_axum can keep; interleaved as above.
latency() {
  local knee round percent variant
  "$scratch/load" knee "$scratch/bare_axum" > "$scratch/knee.log" || check_failed "the knee of bare_axum" "$(< "$scratch/knee.log")"
  knee="$(sed --quiet 's/^knee: \([0-9]*\) .*/\1/p' "$scratch/knee.log")"
  for ((round = 0; round < rounds; round++)); do
    for percent in 50 70 90; do
      for variant in bare_axum hello; do measure_latency "$variant" "$percent" $((knee * percent / 100)); done
    done
  done
  printf '\n| microseconds at a share of %s requests a second, 64 connections, %s times %s s | unanswered |' "$knee" "$rounds" "$seconds"
  printf ' %s |' "${percentiles[@]}"
  printf '\n|---|---|---|---|---|---|\n'
  for percent in 50 70 90; do
    latency_row bare_axum "$percent"
    latency_row hello "$percent"
    latency_ratio_row hello bare_axum "$percent"
  done
}

# Bytes of the programs, and what they hold after the load above.
memory() {
  local variant
  printf '\n| | bytes | resident after the load, kB |\n|---|---|---|\n'
  for variant in "${variants[@]}"; do
    printf '| %s | %s | %s |\n' "$variant" "$(stat --format %s "$scratch/$variant")" "$(service_rss "$variant")"
  done
}

main() {
  need_packages golang-go wrk
  mkdir -p "$figures"
  printf '%s processors, %s, %s\n' "$(nproc)" "$(wrk --version | head -n 1 | cut --delimiter ' ' --fields 1-3 || true)" "$(go version)"
  build_all
  start_all
  throughput
  memory
  stop_services
  latency
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

main
