# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# The environment of the launcher and the build root: only the variables listed here are passed on, because variables of compilers
# and cargo would change build results.

# The user, the terminal, the network.
readonly setup_variables=(
  HOME USER LOGNAME TERM COLORTERM NO_COLOR TZ
  http_proxy https_proxy ftp_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
  THIMBLE_DEBIAN_MIRROR
)
# The cache; mirrors and credentials of registries, which repository rules read; whether this is a CI job; the stamp, which launch.sh sets.
readonly bazel_variables=(
  XDG_CACHE_HOME THIMBLE_OCI_MIRRORS XDG_CONFIG_HOME XDG_RUNTIME_DIR DOCKER_CONFIG REGISTRY_AUTH_FILE NETRC GOOGLE_APPLICATION_CREDENTIALS CI THIMBLE_WORKSPACE_STATUS
)

# Sets `caller_environment` (a list of NAME=VALUE) and `caller` (by name), then unsets the variables that this shell inherited, so
# that none collides with the launcher's.
read_caller_environment() {
  local entry name
  mapfile -d '' -t caller_environment < /proc/self/environ
  unset -v caller
  declare -gA caller=()
  for entry in "${caller_environment[@]}"; do
    name="${entry%%=*}"
    [[ "$name" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    caller[$name]="${entry#*=}"
    case "$name" in
      HOME | PATH | PWD | OLDPWD | SHLVL | TERM | XDG_CACHE_HOME | THIMBLE_*) ;;
      # This function's own, and those that bash does not restore: without BASH_XTRACEFD, it closes that descriptor.
      caller | caller_environment | SECONDS | EPOCHSECONDS | EPOCHREALTIME | BASH_XTRACEFD) ;;
      *) unset -v "$name" 2> /dev/null || true ;;
    esac
  done
}

# select_environment NAME...: sets `environment`, NAME=VALUE for the root.
select_environment() {
  local name
  environment=()
  for name in "$@"; do
    [[ -z "${caller[$name]+set}" ]] || environment+=("$name=${caller[$name]}")
  done
  # Bazel does not start without USER.
  [[ -n "${caller[USER]:-}" ]] || environment+=("USER=uid-$UID")
}

# Sets `environment` for a Bazel command: the lists above, tokens of crate registries, variables inherited by an option such as
# --test_env=NAME on the command line or in an rc file, and variables named by THIMBLE_PASS_ENV.
bazel_environment() {
  local rc name names tokens=() precedes_root_rc=
  [[ -z "$command" || -n "$ignore_rc_files" ]] || precedes_root_rc=1
  rc_files_read=' '
  for rc in "$thimble_workspace/.bazelrc" "${HOME:-}/.bazelrc"; do read_rc_file "$rc"; done
  read -d '' -ra names <<< "${THIMBLE_PASS_ENV:-}" || true
  for name in "${names[@]}"; do
    [[ "$name" =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] ||
      fail_usage "invalid THIMBLE_PASS_ENV \"$THIMBLE_PASS_ENV\": expected variable names separated by spaces:" "export THIMBLE_PASS_ENV='NAME OTHER_NAME'"
  done
  for name in "${!caller[@]}"; do
    [[ "$name" != CARGO_REGISTRIES_*_TOKEN ]] || tokens+=("$name")
  done
  select_environment "${setup_variables[@]}" "${bazel_variables[@]}" "${tokens[@]}" "${inherited[@]}" "${names[@]}"
}
