#!/usr/bin/env bash
# Verifies that hello and links serve requests within their memory bounds during HTTP/2 floods, unread responses and slow bodies. Needs curl.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"

need_built linux_x86_64_musl //services/hello:hello.release //services/links:links.release //tools/dev/load

readonly programs="$built/linux_x86_64_musl"
readonly hello="$programs/services/hello/hello.release"
readonly links="$programs/services/links/links.release"
readonly load="$programs/tools/dev/load/load"

# Stores 100 links, a page of 200 kB, which a client without a flow-control window never reads.
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

# check_floods LABEL PROGRAM ARG...
check_floods() {
  local label="$1"
  shift
  "$load" floods "$@" > "$scratch/load.log" 2>&1 || check_failed "$label" "$(< "$scratch/load.log")"
  cat "$scratch/load.log"
  passed "$label"
}

# check_floods_fail LABEL PART PROGRAM ARG...: proves that a bound can fail.
check_floods_fail() {
  local label="$1" part="$2" status=0
  shift 2
  "$load" floods "$@" --kinds ping --seconds 1 > "$scratch/load.log" 2>&1 || status=$?
  check_equal "$label: the exit code" 1 "$status"
  check_contains "$label: the message" "$part" "$(< "$scratch/load.log")"
}

main() {
  need_packages curl
  check_floods_fail "memory above the bound" "bytes resident, expected at most 1" "$hello" --max-ratio 1000 --max-rss 1
  check_floods_fail "failed good requests" "good requests failed, expected at most 0" "$hello" --max-ratio 1000 --path /nowhere
  check_floods_fail "slow good requests" "p99 ratio" "$hello" --max-ratio 0.001
  check_floods_fail "a flood of an unknown path" "/nowhere returned status 404" "$hello" --flood-path /nowhere

  # Far above the values of an idle machine, because CI machines may be busy.
  local bounds=(--max-ratio 50 --seconds 2)
  check_floods "hello serves during floods of frames and unread responses" "$hello" "${bounds[@]}" --max-rss 10000000 \
    --kinds rapid-reset,continuation,empty-continuation,settings,ping,window-zero
  store_links
  # 34 to 50 MB, depending on the load of the machine; more than 117 MB if the unsent bytes are not bounded.
  check_floods "links serves during stalled bodies and unread pages" "$links" "${bounds[@]}" --max-rss 64000000 \
    --kinds empty-data,window-zero,window-one,slow-bodies --path '/links?limit=1' --flood-path '/links?limit=100'
  report_checks
}

main
