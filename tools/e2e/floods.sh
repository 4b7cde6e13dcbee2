#!/usr/bin/env bash
# Floods of HTTP/2, answers that are never taken, and slow bodies: good requests are answered beside them, and memory is bounded.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"

need_built linux_x86_64_musl //services/hello:hello.release //services/links:links.release //tools/load

readonly programs="$built/linux_x86_64_musl"
readonly hello="$programs/services/hello/hello.release"
readonly links="$programs/services/links/links.release"
readonly load="$programs/tools/load/load"

# store_links: 100 of them are a page of 200 kB, of which a client without a window takes nothing.
store_links() {
  local number padding
  export LINKS_DATABASE="$scratch/links.db"
  padding="$(printf 'x%.0s' {1..2000})"
  start_service links "$links"
  for number in {1..100}; do
    curl --silent --show-error --fail --output /dev/null --header 'Content-Type: application/json' \
      --data "{\"url\":\"http://example.org/$number$padding\"}" "http://$service_address/links"
  done
  stop_services
}

# check_floods WHAT PROGRAM ARG...
check_floods() {
  local what="$1"
  shift
  "$load" floods "$@" > "$scratch/load.log" 2>&1 || check_failed "$what" "$(< "$scratch/load.log")"
  cat "$scratch/load.log"
  passed "$what"
}

# check_floods_fail WHAT PART PROGRAM ARG...: each bound must be able to fail.
check_floods_fail() {
  local what="$1" part="$2" status=0
  shift 2
  "$load" floods "$@" --kinds ping --seconds 1 > "$scratch/load.log" 2>&1 || status=$?
  check_equal "$what: the exit code" 1 "$status"
  check_contains "$what: the message" "$part" "$(< "$scratch/load.log")"
}

main() {
  need_packages curl
  check_floods_fail "memory above its bound" "bytes resident, at most 1 are allowed" "$hello" --max-ratio 1000 --max-rss 1
  check_floods_fail "good requests that fail" "good requests failed, at most 0 may" "$hello" --max-ratio 1000 --path /nowhere
  check_floods_fail "good requests that are slow" "p99 grew" "$hello" --max-ratio 0.001
  check_floods_fail "a flood of what is not served" "/nowhere is answered 404" "$hello" --flood-path /nowhere

  # Far above what a quiet machine shows: CI's may be busy.
  local bounds=(--max-ratio 50 --seconds 2)
  check_floods "hello withstands floods of frames and untaken answers" "$hello" "${bounds[@]}" --max-rss 10000000 \
    --kinds rapid-reset,continuation,empty-continuation,settings,ping,window-zero
  store_links
  check_floods "links withstands bodies that do not arrive and untaken pages" "$links" "${bounds[@]}" --max-rss 48000000 \
    --kinds empty-data,window-zero,window-one,slow-bodies --path '/links?limit=1' --flood-path '/links?limit=100'
  report_checks
}

main
