# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Long commands of set-up run in the background, because bash runs traps only after a foreground command exits.

process=

# start_process COMMAND [ARG...]: sets `process`. The command gets a separate process group, so that a signal reaches all of its processes.
start_process() {
  set -o monitor
  "$@" &
  process=$!
  set +o monitor
}

# Returns the exit code of `process`.
await_process() {
  local status=0
  wait "$process" || status=$?
  process=
  return "$status"
}

trap_signals() {
  trap 'stop_setup 129' HUP
  trap 'stop_setup 130' INT
  trap 'stop_setup 143' TERM
}

# stop_setup STATUS
stop_setup() {
  trap '' INT TERM HUP
  if [[ -n "$process" ]]; then
    kill -TERM -- "-$process" 2> /dev/null || true
    wait "$process" 2> /dev/null || true
  fi
  say "interrupted; the complete stages are kept, and the next run builds the rest"
  exit "$1"
}
