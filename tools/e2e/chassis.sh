#!/usr/bin/env bash
# What the chassis promises under load, in small: restarts without a failed request, good requests beside idle connections and slow
# senders, the time to the first answer, memory. tools/bench/service.sh has the full counts.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"

need_built linux_x86_64_musl //services/hello:hello.release //tools/load

readonly hello="$built/linux_x86_64_musl/services/hello/hello.release"
readonly load="$built/linux_x86_64_musl/tools/load/load"

# check_load WHAT ARG...
check_load() {
  local what="$1"
  shift
  "$load" "$@" > "$scratch/load.log" 2>&1 || check_failed "$what" "$(< "$scratch/load.log")"
  cat "$scratch/load.log"
  passed "$what"
}

# check_load_fails WHAT PART ARG...: the check itself must be able to fail.
check_load_fails() {
  local what="$1" part="$2" status=0
  shift 2
  "$load" "$@" > "$scratch/load.log" 2>&1 || status=$?
  check_equal "$what: the exit code" 1 "$status"
  check_contains "$what: what it says" "$part" "$(< "$scratch/load.log")"
}

main() {
  # Ten times what is promised of a quiet machine: CI's may be busy.
  check_load "hello answers soon, and holds little" startup "$hello" --rounds 10 --max-first-answer 50 --max-rss 4000000
  check_load_fails "a program above its memory" "resident" startup "$hello" --rounds 1 --max-rss 1
  check_load "10 restarts fail no request" restarts "$hello" --rounds 10
  check_load_fails "a program that ends at once" "ended without a log line" restarts /bin/true --rounds 1
  check_load "500 idle and 50 slow connections harm no request" idle "$hello" --connections 500 --slow 50 --seconds 4 --max-ratio 10 --max-rss 40000000
  check_load_fails "a service that grows" "resident" idle "$hello" --connections 10 --slow 1 --seconds 1 --max-ratio 100 --max-rss 1
  check_load "hello answers 1,000 requests a second" constant "$hello" --rate 1000 --seconds 1
  check_load_fails "a request that is not answered 200" "HTTP/1.1 404" constant "$hello" --rate 1000 --seconds 1 --path /nowhere
  report_checks
}

main
