# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Parses Bazel's command line: startup options, command, options, `--`, arguments.
# https://bazel.build/reference/command-line-reference
#
# An option that requires a value consumes the next argument unless it contains `=`. startup_value_options.list and
# value_options.list contain these options; value_options.py generates them from Bazel's list of flags.

# parse_arguments ARG...: sets
#   command              Bazel's command, or empty
#   command_index        its position among the arguments, from 1
#   stamped              not empty if --config=release is set
#   caller_script_path   not empty if --script_path is set
#   build_only           not empty if --norun is set
#   ignore_rc_files      not empty if --ignore_all_rc_files is set
#   inherited            variables that --action_env=NAME and similar options inherit, also those in files named by --bazelrc
parse_arguments() {
  command='' command_index=$(($# + 1)) stamped='' caller_script_path='' build_only='' ignore_rc_files='' inherited=()
  local index=1 argument value
  read_value_options startup_value_options
  while ((index <= $#)); do
    argument="${!index}"
    [[ "$argument" == -* ]] || break
    value="${argument#*=}"
    if consumes_next_argument "$argument"; then
      ((++index))
      value="${!index:-}"
    fi
    case "$argument" in
      --bazelrc | --bazelrc=*)
        rc_files_read=' '
        read_rc_file "$value"
        ;;
      --ignore_all_rc_files) ignore_rc_files=1 ;;
      --noignore_all_rc_files) ignore_rc_files='' ;;
    esac
    ((++index))
  done
  ((index <= $#)) || return 0
  command="${!index}" command_index=$index

  read_value_options value_options
  while ((++index <= $#)); do
    argument="${!index}" value=''
    [[ "$argument" != -- ]] || return 0
    case "$argument" in
      --*=*) value="${argument#*=}" argument="${argument%%=*}" ;;
      -*)
        if consumes_next_argument "$argument"; then
          ((++index <= $#)) || return 0
          value="${!index}"
        fi
        ;;
      *) continue ;;
    esac
    read_option "$argument" "$value"
  done
}

read_option() {
  case "$1" in
    --config) [[ "$2" != release ]] || stamped=1 ;;
    --script_path) caller_script_path=1 ;;
    --norun) build_only=1 ;;
    --run)
      build_only=''
      if [[ "${2,,}" =~ ^(0|no|n|false|f)$ ]]; then build_only=1; fi
      ;;
    --remote_default_exec_properties)
      # Bazel crashes on a repeated property.
      [[ "$2" != build-root=* ]] || fail_usage "invalid $1 \"$2\": expected a property other than build-root, which the launcher sets"
      ;;
    --*_env) [[ ! "$2" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || inherited+=("$2") ;;
  esac
}

# Options that tools/distro/distro.bazelrc sets in `common` lines, which Bazel reads last, so that `build` lines of the user override them.
readonly overridden_options='--(disk_cache|experimental_disk_cache_gc_max_size|platforms|spawn_strategy|genrule_strategy)'

# read_rc_file FILE: adds to `inherited` the variables inherited by options of the file and of its imports. Bazel ignores pipes and rejects
# directories. Quotes are removed, because names of variables need none. As in Bazel, a backslash at the end continues a line.
# https://bazel.build/run/bazelrc
read_rc_file() {
  local line argument arguments previous
  [[ -f "$1" && -r "$1" && "$rc_files_read" != *" $1 "* ]] || return 0
  rc_files_read+="$1 "
  # shellcheck disable=SC2162 # backslashes
  while read line || [[ -n "$line" ]]; do
    line="${line%$'\r'}"
    line="${line//[\"\']/}"
    if [[ -n "${precedes_root_rc:-}" && "$line" =~ ^(always|common)[[:space:]](.*[[:space:]])?($overridden_options)([[:space:]=]|$) ]]; then
      say "warning: ${BASH_REMATCH[1]} ${BASH_REMATCH[3]} in $1 has no effect, because \"common\" lines of the build root are read later; use: build ${BASH_REMATCH[3]}=..."
    fi
    if [[ "$line" =~ ^(try-)?import[[:space:]]+(.+)$ ]]; then
      # Quoted, because bash replaces & by the matched text.
      read_rc_file "${BASH_REMATCH[2]/#%workspace%/"$thimble_workspace"}"
    elif [[ "$line" == *_env* && "$line" != \#* ]]; then
      previous=''
      read -ra arguments <<< "$line"
      for argument in "${arguments[@]}"; do
        case "$argument" in
          --*_env=*) read_option "${argument%%=*}" "${argument#*=}" ;;
          *) read_option "$previous" "$argument" ;;
        esac
        previous="$argument"
      done
    fi
  done < "$1"
}

# read_value_options LIST: sets `value_options`, the options of a list, separated by spaces.
read_value_options() {
  local options
  mapfile -t options < "$thimble_distro/launch/$1.list"
  printf -v value_options ' %s' "${options[@]}"
  value_options+=' '
}

consumes_next_argument() { [[ "$1" != *=* && "$value_options" == *" $1 "* ]]; }
