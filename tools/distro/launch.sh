# shellcheck shell=bash disable=SC2034,SC2154 # sourced files share its variables
# Runs one Bazel command in the build root, which it sets up first if necessary. It forks as little as possible, because it precedes
# every Bazel command.
# Usage: bash -p launch.sh FD CHECKOUT [ARG...]    (called by tools/bazel of that checkout; FD is standard error)
thimble_fd="$1"
exec 2>&"$thimble_fd" {thimble_fd}>&-
unset -v thimble_fd
shift
set -o errexit -o nounset -o pipefail +o posix

readonly thimble_distro="$1/tools/distro"
# As Bazel, which ignores the links that led to the working directory.
[[ "$PWD" != /* ]] || cd -P . 2> /dev/null || true
# Bazel's workspace; this checkout may be one of its modules.
thimble_workspace="$PWD"
while [[ "$thimble_workspace" == /* && ! -f "$thimble_workspace/MODULE.bazel" && ! -f "$thimble_workspace/REPO.bazel" &&
  ! -f "$thimble_workspace/WORKSPACE.bazel" && ! -f "$thimble_workspace/WORKSPACE" ]]; do thimble_workspace="${thimble_workspace%/*}"; done
readonly thimble_workspace="${thimble_workspace:-$1}"
shift

for file in messages machine cache environment root crates enter arguments child failure prune; do
  # shellcheck source=/dev/null
  source "$thimble_distro/launch/$file.sh"
done

# bazel run: builds in the root and starts the program on the machine, which has docker and podman, with the caller's environment.
run_on_machine() {
  # The processes of containers that share the cache have equal numbers.
  local script="$thimble_cache/run.$$.${EPOCHREALTIME//[!0-9]/}" text status=0
  run_bazel "${@:1:command_index}" --script_path="$script" "${@:command_index + 1}" || status=$?
  if ((status != 0)) || [[ ! -r "$script" ]]; then
    rm -f -- "$script"
    exit "$status"
  fi
  text="$(< "$script")"
  # Bazel's test-setup.sh exists only in the root.
  if [[ "$text" == *tools/test/test-setup.sh* ]]; then
    rm -f -- "$script"
    exec_in_root bash -c "$text"
  fi
  rm -f -- "$script"
  export_caller_environment
  exec_statements "$exports" "$text" "${other_variables[@]}"
}

# Sets `exports`, statements that export the caller's variables, and `other_variables`, those that bash cannot export unchanged.
export_caller_environment() {
  local entry name
  exports='' other_variables=()
  for entry in "${caller_environment[@]}"; do
    name="${entry%%=*}"
    case "$name" in
      SHELLOPTS | BASHOPTS | BASH_* | SHLVL | UID | EUID | PPID | GROUPS | DIRSTACK | FUNCNAME | PIPESTATUS | HISTCMD | SECONDS | SRANDOM | \
        *[!A-Za-z0-9_]* | [0-9]* | '') other_variables+=("$entry") ;;
      *) exports+=$'\n'"export ${entry@Q}" ;;
    esac
  done
}

# export_caller_variables PATTERN...: exports the caller's variables whose names match.
export_caller_variables() {
  local name pattern
  for name in "${!caller[@]}"; do
    for pattern in "$@"; do
      # shellcheck disable=SC2053 # a pattern
      [[ "$name" != $pattern ]] || export "$name=${caller[$name]}"
    done
  done
}

# Runs the commands that the launcher implements itself, and rejects those that Debian's Bazel cannot run.
run_launcher_command() {
  case "$command" in
    doctor | version)
      [[ "$command" == version ]] || (($# == command_index)) || fail_usage "unexpected argument \"${*:command_index + 1:1}\": doctor accepts none:" "tools/bazel doctor"
      # shellcheck source=/dev/null
      source "$thimble_distro/launch/$command.sh"
      "print_$command" "$@"
      exit
      ;;
    mod)
      [[ " $* " != *' tidy '* ]] || {
        # shellcheck source=/dev/null
        source "$thimble_distro/launch/buildozer.sh"
        install_buildozer
      }
      ;;
    sync)
      fail "sync fetches repositories of WORKSPACE, but those of this workspace are in MODULE.bazel; use fetch:" "tools/bazel fetch --all --force"
      ;;
    coverage)
      fail "coverage is not available in the build root: it has no llvm-cov for rustc's LLVM, and Bazel's report generator cannot be downloaded; use bazelisk:" \
        "bazelisk coverage --combined_report=lcov //services/hello:hello_test_program"
      ;;
  esac
}

main() {
  read_caller_environment
  check_system
  use_system_path
  parse_arguments "$@"
  locate_cache
  run_launcher_command "$@"
  prepare_root
  prune_when_due
  unpack_image_crates
  if [[ -n "$stamped" ]]; then
    # Runs on the machine, whose git configuration applies. Git checks the owner of the repository, under sudo against SUDO_UID.
    caller[THIMBLE_WORKSPACE_STATUS]="$(export_caller_variables 'GIT_CONFIG*' XDG_CONFIG_HOME SUDO_UID && cd -- "$thimble_workspace" && "${thimble_distro%/distro}/workspace_status.sh")"
  fi
  bazel_environment
  if [[ "$command" == run && -z "$caller_script_path$build_only" ]]; then
    run_on_machine "$@"
  fi
  local status=0
  run_bazel "$@" || status=$?
  exit "$status"
}

main "$@"
