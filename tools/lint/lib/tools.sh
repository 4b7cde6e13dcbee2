# shellcheck shell=bash
# Where the linters come from. Sourced; needs `workspace`.

readonly lint_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble/lint"
readonly pins="$workspace/tools/lint"

error() {
  printf 'error: %s\n' "$1" >&2
  shift
  ((!$#)) || printf '    %s\n' "$@" >&2
  return 1
}

# in_root COMMAND [ARG...]: in the build root, or on the machine under bazelisk, which sets BAZEL_REAL.
in_root() {
  if [[ -z "${BAZEL_REAL:-}" && -x "$workspace/tools/distro/shell" ]]; then
    "$workspace/tools/distro/shell" "$@"
  elif [[ -n "$(type -P "$1")" ]]; then
    "$@"
  else
    error "'$1' is not installed; Rust's tools come with rustup, python3 with the system:" "rustup component add rustfmt clippy"
  fi
}

# Prints the directory of the Python wheels' programs.
wheel_programs() { printf '%s/bin' "$(installed wheels "$pins/requirements.txt")"; }

# Prints the path of buildifier.
buildifier_program() { printf '%s/node_modules/.bin/buildifier' "$(installed packages "$pins/package.json" "$pins/package-lock.json")"; }

# installed KIND FILE...: prints the directory with what the files pin, after installing it once.
installed() {
  local kind="$1" key directory
  shift
  key="$(cat -- "$@" | git hash-object --stdin)" || return
  directory="$lint_cache/$kind-${key:0:16}"
  [[ -d "$directory" ]] || install_aside "$kind" "$directory" "$@" >&2 || return
  printf '%s' "$directory"
}

# A subshell, for its trap: an interrupted installation leaves nothing.
install_aside() (
  kind="$1" directory="$2"
  shift 2
  mkdir -p "$lint_cache" || return
  aside="$(mktemp -d "$lint_cache/aside.XXXXXX")" || return
  trap 'rm -rf "$aside"' EXIT
  "install_$kind" "$aside" "$@" && mv "$aside" "$directory"
)

install_wheels() {
  in_root python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes --only-binary :all: \
    --target "$1" --requirement "$2" || error "the programs of $2 could not be installed"
}

install_packages() {
  local aside="$1"
  shift
  [[ -n "$(type -P npm)" ]] || error "npm is not installed, and buildifier comes from it:" "sudo apt install npm" || return
  cp "$@" "$aside/" || return
  npm ci --prefix "$aside" --ignore-scripts --no-audit --no-fund --loglevel=error || error "the packages of $1 could not be installed"
}
