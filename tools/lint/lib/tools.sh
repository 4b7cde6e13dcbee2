# shellcheck shell=bash disable=SC2154 # variables of the script that sources it
# Where the linters come from. Sourced; needs `workspace`.

readonly lint_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble/lint"
readonly pins="$workspace/tools/lint"

error() {
  printf 'error: %s\n' "$1" >&2
  shift
  ((!$#)) || printf '    %s\n' "$@" >&2
  return 1
}

# What a command is prefixed with to run in the build root; under bazelisk, which sets BAZEL_REAL, it runs on the machine.
root=("$workspace/tools/distro/shell")
[[ -z "${BAZEL_REAL:-}" && -x "${root[0]}" ]] || root=()
readonly root

in_root() {
  ((${#root[@]})) || need "$1" || return
  ${root[@]+"${root[@]}"} "$@"
}

# need PROGRAM: on the machine.
need() {
  local install="sudo apt install $1"
  case "$1" in
    cargo | rustfmt) install="rustup component add rustfmt clippy" ;;
    python3) install="sudo apt install python3-pip" ;;
  esac
  [[ -n "$(type -P "$1")" ]] || error "'$1' is not installed:" "$install"
}

# Prints the directory that the Python wheels are unpacked in.
wheels() { installed wheels "$pins/requirements.txt"; }

# Prints the directory of their programs.
wheel_programs() {
  local directory
  directory="$(wheels)" && printf '%s/bin' "$directory"
}

# Prints the path of an npm package's program.
package_program() {
  local directory
  directory="$(installed packages "$pins/package.json" "$pins/package-lock.json")" && printf '%s/node_modules/.bin/%s' "$directory" "$1"
}

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
  "install_$kind" "$aside" "$@" && mv "$aside" "$directory" || return
  # What other versions pinned, weeks ago.
  find "$lint_cache" -maxdepth 1 -name "$kind-*" -mtime +30 -exec rm -rf {} +
)

install_wheels() {
  in_root python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes --only-binary :all: \
    --target "$1" --requirement "$2" || error "the programs of $2 could not be installed" || return
  # The wheel leaves this to its wrapper in Python.
  chmod +x "$1/jactionlint/bin/jactionlint"
}

install_packages() {
  local aside="$1"
  shift
  need npm || return
  cp "$@" "$aside/" || return
  npm ci --prefix "$aside" --ignore-scripts --no-audit --no-fund --loglevel=error || error "the packages of $1 could not be installed"
}
