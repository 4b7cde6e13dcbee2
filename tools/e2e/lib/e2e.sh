# shellcheck shell=bash
# What the end-to-end scripts share: a workspace, a scratch directory, checks that count, and an end that tidies up.

workspace="$(cd -P -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)"
readonly workspace
scratch="$(mktemp --directory)"
readonly scratch
checks_passed=0
cleanups=()

# at_end COMMAND [ARG...]: run when the script ends, however it ends; the last registered first.
at_end() { cleanups+=("$(printf '%q ' "$@")"); }

tidy_up() {
  local status=$? index
  set +o errexit
  for ((index = ${#cleanups[@]} - 1; index >= 0; index--)); do eval "${cleanups[index]}"; done
  rm -rf "$scratch"
  ((status == 0)) || printf 'FAILED: %s\n' "${0##*/}" >&2
  exit "$status"
}
trap tidy_up EXIT

check_failed() {
  printf 'check failed: %s\n' "$1" >&2
  shift
  printf '    %s\n' "$@" >&2
  exit 1
}

passed() {
  ((++checks_passed))
  printf 'ok: %s\n' "$1"
}

# check_equal WHAT EXPECTED FOUND
check_equal() {
  [[ "$2" == "$3" ]] || check_failed "$1" "expected: $2" "found:    $3"
  passed "$1"
}

# check_contains WHAT PART TEXT
check_contains() {
  [[ "$3" == *"$2"* ]] || check_failed "$1" "expected somewhere: $2" "found: $3"
  passed "$1"
}

# await WHAT SECONDS COMMAND [ARG...]: until the command succeeds.
await() {
  local what="$1" deadline=$((SECONDS + $2))
  shift 2
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < deadline)) || check_failed "$what did not happen in time"
    sleep 0.1
  done
}

# copy_workspace DIR: the workspace as it is in the working tree, without what git ignores.
copy_workspace() {
  mkdir -p "$1"
  (cd "$workspace" && git ls-files -z --cached --others --exclude-standard | xargs -0 cp --parents --no-dereference --target-directory "$1")
}

# need_packages PACKAGE...: Debian packages that the script works with.
need_packages() {
  local missing=() package
  for package in "$@"; do
    [[ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2> /dev/null)" == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  ((EUID == 0)) || check_failed "packages are missing; once:" "sudo apt install ${missing[*]}"
  apt-get update > "$scratch/apt.log" 2>&1 || true
  DEBIAN_FRONTEND=noninteractive apt-get install --option DPkg::Lock::Timeout=600 --yes --no-install-recommends "${missing[@]}" \
    >> "$scratch/apt.log" 2>&1 ||
    check_failed "packages can't be installed: ${missing[*]}" "$(tail -n 3 "$scratch/apt.log")"
}
