#!/usr/bin/env bash
# Verifies the chassis under load: restarts without a failed request, requests alongside idle connections and slow senders, the time to the
# first response, memory, IPv4 with net.ipv6.bindv6only, and links on a read-only volume. tools/dev/bench/service.sh measures with larger counts. Needs root.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/service_processes.sh
source "${BASH_SOURCE[0]%/*}/../lib/service_processes.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"

need_built linux_x86_64_musl //services/hello:hello.release //services/links:links.release //tools/dev/load

readonly hello="$built/linux_x86_64_musl/services/hello/hello.release"
readonly links="$built/linux_x86_64_musl/services/links/links.release"
readonly load="$built/linux_x86_64_musl/tools/dev/load/load"

# check_load LABEL ARG...
check_load() {
  local label="$1"
  shift
  "$load" "$@" > "$scratch/load.log" 2>&1 || check_failed "$label" "$(< "$scratch/load.log")"
  cat "$scratch/load.log"
  passed "$label"
}

# check_load_fails LABEL PART ARG...: proves that the check can fail.
check_load_fails() {
  local label="$1" part="$2" status=0
  shift 2
  "$load" "$@" > "$scratch/load.log" 2>&1 || status=$?
  check_equal "$label: the exit code" 1 "$status"
  check_contains "$label: the message" "$part" "$(< "$scratch/load.log")"
}

# get_by_ipv4 HOST: sets `response` of a service on this address. A network namespace has its own default of IPV6_V6ONLY.
get_by_ipv4() {
  local name="bindv6only $1"
  # shellcheck disable=SC2016 # expanded by sh
  start_service "$name" unshare --net sh -c 'ip link set lo up && echo 1 > /proc/sys/net/ipv6/bindv6only && HOST="$1" exec "$0"' "$hello" "$1"
  response="$(nsenter --net --target "${service_pid[$name]}" curl --silent --show-error "http://127.0.0.1:${service_address##*:}/" 2>&1)" || true
}

serves_ipv4_with_bindv6only() {
  local response
  get_by_ipv4 ::
  check_equal "HOST=:: accepts IPv4 if net.ipv6.bindv6only is 1" "Hello World" "$response"
  get_by_ipv4 ::1
  check_contains "a service without IPv4: the message" "Failed to connect" "$response"
}

# check_status LABEL STATUS PATH [CURL_ARG...]
check_status() {
  local label="$1" status="$2" path="$3"
  shift 3
  check_equal "$label" "$status" "$(curl --silent --show-error --output /dev/null --write-out '%{http_code}' "$@" "http://$service_address$path" 2>&1)"
}

# post_link LABEL STATUS CODE
post_link() {
  check_status "$1" "$2" /links --header 'Content-Type: application/json' --data "{\"url\": \"http://example.org/\", \"code\": \"$3\"}"
}

# serves_read_only_volume SIGNAL: starts links on a read-only volume after this signal has ended it.
serves_read_only_volume() {
  local volume="$scratch/volume$1"
  export LINKS_DATABASE="$volume/links.db"
  mkdir "$volume"
  mount -t tmpfs links "$volume"
  on_exit umount --lazy "$volume"
  start_service "links$1" "$links"
  post_link "$1: links creates a link" 201 existing
  kill "-$1" "${service_pid[links$1]}"
  wait "${service_pid[links$1]}" || true
  mount -o remount,ro "$volume"
  start_service "links$1" "$links"
  check_status "$1: links reads from a read-only volume" 302 /existing
  post_link "$1: links rejects changes of a read-only volume" 503 other
  mount -o remount,rw "$volume"
  post_link "$1: links writes to the volume again" 201 other
  stop_services
}

main() {
  need_packages curl iproute2
  # Ten times the bounds on an idle machine, because CI machines may be busy.
  check_load "hello starts within its time and memory bounds" startup "$hello" --rounds 10 --max-first-response 50 --max-rss 4000000
  check_load_fails "a program above its memory bound" "resident" startup "$hello" --rounds 1 --max-rss 1
  check_load "10 restarts fail no request" restarts "$hello" --rounds 10
  check_load_fails "a program that exits immediately" "exited without a log line" restarts /bin/true --rounds 1
  check_load "500 idle and 50 slow connections fail no request" idle "$hello" --connections 500 --slow 50 --seconds 4 --max-ratio 10 --max-rss 40000000
  check_load_fails "a service that exceeds its memory bound" "resident" idle "$hello" --connections 10 --slow 1 --seconds 1 --max-ratio 100 --max-rss 1
  check_load "hello serves 1,000 requests per second" constant "$hello" --rate 1000 --seconds 1
  check_load_fails "a response other than 200" "HTTP/1.1 404" constant "$hello" --rate 1000 --seconds 1 --path /nowhere
  serves_ipv4_with_bindv6only
  serves_read_only_volume TERM
  serves_read_only_volume KILL
  report_checks
}

main
