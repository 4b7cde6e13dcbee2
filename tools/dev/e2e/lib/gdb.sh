# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; sets variables for the script
# gdb, attached to a service while it handles a request. Sourced.

# The gdb command, which a script may replace. It runs in the workspace and reads $scratch.
gdb=(gdb)

# stop_in_handler PID ADDRESS PROGRAM FILE:LINE: attaches with the symbols of PROGRAM, sets breakpoints at each statement of the line, sends a
# request and detaches. Sets `gdb_log` and `response`, the body. gdb exits at its first error. On a busy machine gdb 13 was once seen to wait at
# `continue` for ever, so it is started again after a timeout.
stop_in_handler() {
  local status=0
  attach "$@" || status=$?
  if ((status == 124)); then
    printf 'gdb did not stop within a minute, and is started again:\n%s\n' "$gdb_log"
    attach "$@" || true
  fi
}

# attach PID ADDRESS PROGRAM FILE:LINE: one attempt of stop_in_handler. Returns gdb's exit code, or 124 after a timeout.
attach() {
  local pid="$1" address="$2" program="$3" line="$4" debugger status=0
  printf '%s\n' 'source tools/dev/gdb/break_line.py' "break-line $line" 'echo breakpoints set\n' continue backtrace 'info line' detach > "$scratch/gdb.commands"
  (cd "$workspace" && exec timeout 60 "${gdb[@]}" --nx --batch --pid "$pid" --command "$scratch/gdb.commands" "$program") \
    > "$scratch/gdb.log" 2>&1 < /dev/null &
  debugger=$!
  await "gdb sets its breakpoints" 60 gdb_is_ready "$debugger"
  response="$(curl --silent --max-time 60 "http://$address/")"
  wait "$debugger" || status=$?
  gdb_log="$(< "$scratch/gdb.log")"
  return "$status"
}

# gdb_is_ready PID: also succeeds when gdb has exited.
gdb_is_ready() { grep --quiet '^breakpoints set' "$scratch/gdb.log" || ! kill -0 "$1"; }
