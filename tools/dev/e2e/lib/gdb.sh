# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; sets variables for the script
# gdb, attached to a service while it handles a request. Sourced.

# The gdb command, which a script may replace. It runs in the workspace and reads $scratch.
gdb=(gdb)

# stop_in_handler PID ADDRESS PROGRAM FILE:LINE: attaches with the symbols of PROGRAM, sets breakpoints at each statement of the line, sends a
# request and detaches. Sets `gdb_log` and `response`, the body. gdb exits at its first error.
stop_in_handler() {
  local pid="$1" address="$2" program="$3" line="$4" debugger
  printf '%s\n' 'source tools/dev/gdb/break_line.py' "break-line $line" 'echo breakpoints set\n' continue backtrace 'info line' detach > "$scratch/gdb.commands"
  # Before gdb starts in the background: gdb_is_ready would read the log of the previous gdb.
  : > "$scratch/gdb.log"
  (cd "$workspace" && exec timeout 60 "${gdb[@]}" --nx --batch --pid "$pid" --command "$scratch/gdb.commands" "$program") \
    > "$scratch/gdb.log" 2>&1 < /dev/null &
  debugger=$!
  await "gdb sets its breakpoints" 60 gdb_is_ready "$debugger"
  response="$(curl --silent --max-time 60 "http://$address/")"
  wait "$debugger" || true
  gdb_log="$(< "$scratch/gdb.log")"
}

# gdb_is_ready PID: also succeeds when gdb has exited.
gdb_is_ready() { grep --quiet '^breakpoints set' "$scratch/gdb.log" || ! kill -0 "$1"; }
