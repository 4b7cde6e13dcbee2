# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# Processes of services on free loopback ports. Sourced.

declare -A service_pid

# build_release [FLAG...] TARGET...: builds in the workspace.
build_release() {
  (cd "$workspace" && run_logged build "bazel build $*" tools/bazel build "$@")
}

# start_service NAME COMMAND [ARG...]: waits for the log line `listening` and sets `service_address`. The log is $scratch/NAME.log.
start_service() {
  local name="$1" log="$scratch/$1.log"
  shift
  # Before the service starts in the background: the log may be that of an earlier one.
  : > "$log"
  HOST=127.0.0.1 PORT=0 OPS_PORT=0 LOG_FORMAT=json LOG_LEVEL=info "$@" > "$log" 2>&1 &
  service_pid[$name]=$!
  on_exit stop_services
  await "$name starts" 30 grep --quiet '"listening"' "$log"
  # shellcheck disable=SC2034 # for the script
  service_address="$(sed -n '/"listening"/s/.*"address":"\([^"]*\)".*/\1/p' "$log")"
}

# service_rss NAME: the largest resident size among the process and its children, in kB.
service_rss() {
  local pid max=0 rss
  for pid in "${service_pid[$1]}" $(pgrep --parent "${service_pid[$1]}" || true); do
    rss="$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")"
    ((max = rss > max ? rss : max))
  done
  printf '%s' "$max"
}

stop_services() {
  local name
  for name in "${!service_pid[@]}"; do
    kill "${service_pid[$name]}" 2> /dev/null || true
    wait "${service_pid[$name]}" 2> /dev/null || true
    unset "service_pid[$name]"
  done
}
