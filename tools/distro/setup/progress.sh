# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Shows the progress of a stage: a status line on a terminal, otherwise a line every 30 seconds.

# show_progress LABEL LOG: exits when the main script exits, even by a signal.
show_progress() {
  local label="$1" log="$2" started=$SECONDS elapsed last
  trap - INT TERM HUP
  while sleep 1 && kill -0 $$ 2> /dev/null; do
    elapsed=$((SECONDS - started))
    if [[ -t 2 ]]; then
      last="$(tail -n 1 "$log" 2> /dev/null | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]' | cut -c1-60)"
      printf '\r\033[Kthimble: %s ... %d s  %s' "$label" "$elapsed" "$last" >&2
    elif ((elapsed % 30 == 0)); then
      say "$label ... $elapsed s"
    fi
  done
}
