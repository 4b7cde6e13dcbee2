# shellcheck shell=bash disable=SC2034,SC2154 # sourced after e2e.sh, whose variables it uses; sets variables for the script
# gdb, attached to a service while it answers a request. Sourced.

# The command, for example one in a container. It starts in the workspace and sees $scratch.
gdb=(gdb)

# stop_in_handler PID ADDRESS PROGRAM FILE:LINE: attaches with the symbols of PROGRAM, sets breakpoints at each statement of the line and sends
# a request. Sets `gdb_log`, and `response` to the body, which comes after gdb has detached. gdb stops at its first error.
stop_in_handler() {
  local pid="$1" address="$2" program="$3" line="$4" debugger
  printf '%s\n' 'source tools/gdb/break_line.py' "break-line $line" 'echo breakpoints set\n' continue backtrace 'info line' detach > "$scratch/gdb.commands"
  (cd "$workspace" && exec timeout 60 "${gdb[@]}" --nx --batch --pid "$pid" --command "$scratch/gdb.commands" "$program") \
    > "$scratch/gdb.log" 2>&1 < /dev/null &
  debugger=$!
  await "gdb sets its breakpoints" 60 gdb_is_ready "$debugger"
  response="$(curl --silent --max-time 60 "http://$address/")"
  wait "$debugger" || true
  gdb_log="$(< "$scratch/gdb.log")"
}

# gdb_is_ready PID: or has ended.
gdb_is_ready() { grep --quiet '^breakpoints set' "$scratch/gdb.log" || ! kill -0 "$1"; }
