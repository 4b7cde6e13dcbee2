# shellcheck shell=bash
# Messages of the launcher and of set-up, on standard error.

say() { printf 'thimble: %s\n' "$*" >&2; }

# fail MESSAGE [LINE...]: ends with status 1. The lines, indented below the message, are the commands that mend it.
fail() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
  exit 1
}
