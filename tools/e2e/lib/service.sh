# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, whose variables it uses
# Programs of services on free ports of the loopback. Sourced.

declare -A service_pid

# build_release [FLAG...] TARGET...
build_release() {
  (cd "$workspace" && tools/bazel build "$@") > "$scratch/build.log" 2>&1 || check_failed "bazel build $*" "$(tail -n 20 "$scratch/build.log")"
}

# start_service NAME COMMAND [ARG...]: waits for its line, and sets service_address. Its log is $scratch/NAME.log.
start_service() {
  local name="$1" log="$scratch/$1.log"
  shift
  HOST=127.0.0.1 PORT=0 OPS_PORT=0 LOG_FORMAT=json LOG_LEVEL=info "$@" > "$log" 2>&1 &
  service_pid[$name]=$!
  at_end stop_services
  await "the start of $name" 30 grep --quiet '"listening"' "$log"
  # shellcheck disable=SC2034 # for whoever sources this
  service_address="$(sed -n '/"listening"/s/.*"address":"\([^"]*\)".*/\1/p' "$log")"
}

# service_rss NAME: kB that it and what it started hold.
service_rss() {
  local pid sum=0 rss
  for pid in "${service_pid[$1]}" $(pgrep --parent "${service_pid[$1]}" || true); do
    rss="$(awk '/^VmRSS/ {print $2}' "/proc/$pid/status")"
    ((sum = rss > sum ? rss : sum))
  done
  printf '%s' "$sum"
}

stop_services() {
  local name
  for name in "${!service_pid[@]}"; do
    kill "${service_pid[$name]}" 2> /dev/null || true
    wait "${service_pid[$name]}" 2> /dev/null || true
    unset "service_pid[$name]"
  done
}
