# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Reads Bazel's command line as Bazel does: startup options, command, options, `--`, the rest.
# https://bazel.build/reference/command-line-reference
#
# An option that takes a value takes the next word where the two are not joined by `=`. Which options do is listed in
# startup_value_options.list and value_options.list (value_options.py writes them from Bazel's own list of flags).

# parse_arguments ARG...: sets
#   command           Bazel's command, or nothing
#   command_index     its place among the words, from 1
#   stamped           not empty: --config=release is given
#   own_script_path   not empty: the caller gives --script_path
#   inherited         names that --action_env=NAME and the like take from the caller's environment
parse_arguments() {
  command='' command_index=$(($# + 1)) stamped='' own_script_path='' inherited=()
  local index=1 word value list
  read_value_options startup_value_options
  while ((index <= $#)); do
    word="${!index}"
    [[ "$word" == -* ]] || break
    ! takes_next_word "$word" || ((++index))
    ((++index))
  done
  ((index <= $#)) || return 0
  command="${!index}" command_index=$index

  read_value_options value_options
  while ((++index <= $#)); do
    word="${!index}" value=''
    [[ "$word" != -- ]] || return 0
    case "$word" in
      --*=*) value="${word#*=}" word="${word%%=*}" ;;
      -*)
        takes_next_word "$word" || continue
        ((++index <= $#)) || return 0
        value="${!index}"
        ;;
      *) continue ;;
    esac
    read_option "$word" "$value"
  done
}

read_option() {
  case "$1" in
    --config) [[ "$2" != release ]] || stamped=1 ;;
    --script_path) own_script_path=1 ;;
    --*_env) [[ ! "$2" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || inherited+=("$2") ;;
  esac
}

# Sets `value_options`: the list's words between spaces.
read_value_options() {
  local words
  mapfile -t words < "$thimble_distro/launch/$1.list"
  printf -v value_options ' %s' "${words[@]}"
  value_options+=' '
}

takes_next_word() { [[ "$1" != *=* && "$value_options" == *" $1 "* ]]; }
