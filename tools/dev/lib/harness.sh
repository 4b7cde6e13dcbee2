# shellcheck shell=bash
# Common to the end-to-end scripts and the benchmarks: the workspace, a scratch directory, checks that count, and cleanup on exit.
# Sourced first. A script that accepts arguments sets `usage` before; other scripts reject them here.

# With CDPATH set, cd prints the directory and may select another one. Git sets the others for hooks and `git rebase --exec`, and they select
# the caller's repository. GIT_CONFIG_COUNT may contain safe.directory of a CI system.
# shellcheck disable=SC2046 # names of variables
unset -v CDPATH $(git rev-parse --local-env-vars 2> /dev/null | grep --invert-match GIT_CONFIG)

workspace="$(cd -P -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
readonly workspace
# Kept between runs, below the launcher's cache.
# shellcheck disable=SC2034 # for the script
readonly persistent_cache="${XDG_CACHE_HOME:-${HOME:?set HOME, or XDG_CACHE_HOME}/.cache}/thimble/e2e"

# usage_error MESSAGE
usage_error() {
  printf 'error: %s\nusage: %s%s\n' "$1" "${0##*/}" "${usage:+ $usage}" >&2
  exit 64
}

# shellcheck source=tools/help.sh
source "$workspace/tools/help.sh"
show_help "$@"
if (($#)) && [[ -z "${usage:-}" ]]; then usage_error "unexpected argument \"$1\""; fi
if [[ "${1:-}" == -* ]]; then usage_error "unknown option \"$1\""; fi

# check_argument_count MAX ARG...
check_argument_count() { (($# - 1 <= $1)) || usage_error "unexpected argument \"${*:$1 + 2:1}\""; }

# check_positive_integer NAME VALUE
check_positive_integer() { [[ "$2" =~ ^[1-9][0-9]*$ ]] || usage_error "invalid $1 \"$2\": expected a positive integer"; }

scratch="$(mktemp --directory)"
readonly scratch
checks_passed=0
cleanups=()

# on_exit COMMAND [ARG...]: registered commands run in reverse order, for every exit code.
on_exit() { cleanups+=("$(printf '%q ' "$@")"); }

clean_up() {
  local status=$? index
  set +o errexit
  for ((index = ${#cleanups[@]} - 1; index >= 0; index--)); do eval "${cleanups[index]}"; done
  rm -rf "$scratch"
  ((status == 0 || status == 64)) || printf 'FAILED: %s\n' "${0##*/}" >&2
  exit "$status"
}
trap clean_up EXIT

# check_failed LABEL [DETAIL...]
check_failed() {
  printf 'check failed: %s\n' "$1" >&2
  shift
  printf '    %s\n' "$@" >&2
  exit 1
}

# passed LABEL
passed() {
  ((++checks_passed))
  printf 'ok: %s\n' "$1"
}

report_checks() { printf '%s checks passed\n' "$checks_passed"; }

# check_equal LABEL EXPECTED FOUND
check_equal() {
  [[ "$2" == "$3" ]] || check_failed "$1" "expected: $2" "found:    $3"
  passed "$1"
}

# check_contains LABEL PART TEXT
check_contains() {
  [[ "$3" == *"$2"* ]] || check_failed "$1" "expected part: $2" "found:         $3"
  passed "$1"
}

# run_logged LOG LABEL COMMAND [ARG...]: writes all output to $scratch/LOG.log; if the command fails, so does the check.
run_logged() {
  local logged_output="$scratch/$1.log" label="$2"
  shift 2
  "$@" > "$logged_output" 2>&1 || check_failed "$label" "$(tail -n 20 "$logged_output")"
}

# await LABEL SECONDS COMMAND [ARG...]: polls until the command succeeds.
await() {
  local label="$1" deadline=$((SECONDS + $2))
  shift 2
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < deadline)) || check_failed "timed out: $label"
    sleep 0.1
  done
}

# copy_workspace DIR: the working tree without files that git ignores. Skips deleted files that are still in the index, submodules and nested repositories.
copy_workspace() {
  mkdir -p "$1"
  (cd "$workspace" && git ls-files -z --cached --others --exclude-standard) | python3 "$workspace/tools/dev/lib/sync_files.py" "$workspace" "$1"
}

# need_readable_workspace: for scripts that run commands of the workspace as other users.
need_readable_workspace() {
  setpriv --reuid 54321 --regid 54321 --clear-groups test -x "$workspace/tools/bazel" ||
    check_failed "other users cannot read the checkout $workspace, which this script requires; clone it with umask 022 into a directory that they can read"
}

# free_port: a free TCP port of the loopback, for programs that cannot choose one themselves.
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# need_packages PACKAGE...: installs missing Debian packages. Written on one line, which .ci/prepare reads.
need_packages() {
  local missing=() package
  # Docker's packages contain these programs too, and conflict with Debian's.
  local -A program_of=([docker.io]=dockerd [runc]=runc)
  for package in "$@"; do
    [[ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2> /dev/null)" == installed ]] ||
      command -v "${program_of[$package]:-}" > /dev/null || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || check_failed "missing packages; to install them:" "sudo apt install ${missing[*]}"
  apt-get update > "$scratch/apt.log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install --option DPkg::Lock::Timeout=600 --yes --no-remove --no-install-recommends "${missing[@]}" \
    >> "$scratch/apt.log" 2>&1 ||
    check_failed "cannot install packages: ${missing[*]}" "$(tail -n 3 "$scratch/apt.log")"
}
