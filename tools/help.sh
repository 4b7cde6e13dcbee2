# shellcheck shell=bash
# The option --help of scripts. Sourced first, before anything that may fail.

# show_help ARG...: if the first argument is -h or --help, prints the comment at the head of the script and exits.
show_help() {
  [[ "${1:-}" == -h || "${1:-}" == --help ]] || return 0
  sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit
}
