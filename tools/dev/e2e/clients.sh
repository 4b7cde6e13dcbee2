#!/usr/bin/env bash
# Verifies that clients receive responses sent before the request body was read, on kept connections: requests, httpx, aiohttp, Node's agent,
# Go's transport (hey), curl, nginx as a proxy, and a half-closing client. Two reference servers prove that the check passes and fails.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"
# shellcheck source=tools/dev/e2e/lib/nginx.sh
source "${BASH_SOURCE[0]%/*}/lib/nginx.sh"
# shellcheck source=tools/dev/e2e/lib/clients.sh
source "${BASH_SOURCE[0]%/*}/lib/clients.sh"

need_built linux_x86_64_musl //services/hello:hello.release //services/links:links.release

readonly services="$built/linux_x86_64_musl/services"
declare -A address

# start NAME COMMAND...
start() {
  # The log of an earlier server of this name contains an address too.
  rm -f "$scratch/$1.log"
  start_service "$@"
  address[$1]="$service_address"
}

# write_cases COUNT: writes the requests of each client and its expected output.
write_cases() {
  local count="$1" hello="http://${address[hello]}" links="http://${address[links]}"
  cat > "$scratch/cases" << CASES
404 POST $hello/nowhere 1000 text/plain
404 POST $hello/nowhere 100000 text/plain
405 POST $hello/ 100000 text/plain
200 GET $hello/ 1000 text/plain
200 GET $links/links 1000 text/plain
415 POST $links/links 100000 text/plain
413 POST $links/links 2000000 application/json
CASES
  cut --delimiter ' ' --fields 2- "$scratch/cases" > "$scratch/requests"
  sed --regexp-extended "s/^([0-9]+) (.*)/\2: $count x \1/" "$scratch/cases" > "$scratch/expected"
}

# send_all COUNT: sends each case COUNT times; the output of each client is $scratch/SENDER.out.
send_all() {
  local count="$1" sender
  write_cases "$count"
  start_nginx hello links
  for sender in "${senders[@]}"; do
    send_with "$sender" "$count" < "$scratch/requests" > "$scratch/$sender.out" 2> "$scratch/$sender.err" || true
  done
  stop_services
}

got_expected_statuses() { cmp --silent "$scratch/expected" "$scratch/$1.out"; }

# check_responses SERVER COUNT: reports every client that got another status.
check_responses() {
  local sender wrong=()
  send_all "$2"
  for sender in "${senders[@]}"; do
    if got_expected_statuses "$sender"; then
      passed "$1: $sender gets every expected status"
    else
      wrong+=("$sender:" "$(diff "$scratch/expected" "$scratch/$sender.out")" "$(tail -n 1 "$scratch/$sender.err")")
    fi
  done
  ((${#wrong[@]} == 0)) || check_failed "$1: every client gets the expected statuses" "${wrong[@]}"
}

# check_responses_fail SERVER COUNT: every client must detect the faulty server.
check_responses_fail() {
  local sender
  send_all "$2"
  for sender in "${senders[@]}"; do
    ! got_expected_statuses "$sender" || check_failed "$1: $sender detects errors" "$(< "$scratch/$sender.out")"
    passed "$1: $sender detects errors"
  done
}

start_reference_servers() {
  start hello node "$clients/reference_server.js" "$1"
  start links node "$clients/reference_server.js" "$1"
}

main() {
  need_packages curl hey nginx nodejs python3-aiohttp python3-httpx python3-requests
  start_reference_servers keep
  check_responses "Node's server" 5
  start_reference_servers cut
  check_responses_fail "a server that cuts responses off" 2
  start hello "$services/hello/hello.release"
  start links env LINKS_DATABASE="$scratch/links.db" "$services/links/links.release"
  check_responses "hello and links" 50
  report_checks
}

main
