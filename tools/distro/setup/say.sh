# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# Messages of the set-up: what happens to standard error, with the time it took; errors with the command that mends them.

say() { printf 'thimble: %s\n' "$*" >&2; }

# fail WHAT [LINE...]: the lines after the first are indented, commands among them alone on theirs.
fail() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
  exit 1
}
