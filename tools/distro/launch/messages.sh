# shellcheck shell=bash
# Messages of the launcher and of set-up, on standard error.

say() { printf 'thimble: %s\n' "$*" >&2; }

# fail MESSAGE [LINE...]: exits with status 1. The lines, indented below the message, are the commands that fix the error.
fail() {
  print_error "$@"
  exit 1
}

# fail_usage MESSAGE [LINE...]: exits with status 64 (EX_USAGE).
fail_usage() {
  print_error "$@"
  exit 64
}

print_error() {
  say "error: $1"
  shift
  local line
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
}
