# shellcheck shell=bash disable=SC2154 # variables of the script that sources it
# Installs the pinned linters. Sourced; needs `workspace`.

readonly lint_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble/lint"
readonly pins="$workspace/tools/dev/lint"

error() {
  printf 'error: %s\n' "$1" >&2
  shift
  ((!$#)) || printf '    %s\n' "$@" >&2
  return 1
}

# The command prefix that enters the build root. Empty under bazelisk, which sets BAZEL_REAL: commands then run on the machine.
root=("$workspace/tools/distro/shell")
[[ -z "${BAZEL_REAL:-}" && -x "${root[0]}" ]] || root=()
readonly root

in_root() {
  ((${#root[@]})) || need "$1" || return
  ${root[@]+"${root[@]}"} "$@"
}

# need PROGRAM: fails unless the machine has it.
need() {
  local install="sudo apt install $1"
  case "$1" in
    cargo | rustfmt) install="rustup component add rustfmt clippy" ;;
    python3) install="sudo apt install python3-pip" ;;
  esac
  [[ -n "$(type -P "$1")" ]] || error "\"$1\" is not installed:" "$install"
}

# wheels: prints the directory of the unpacked Python wheels.
wheels() { install_once wheels "$pins/requirements.txt"; }

# wheel_programs: prints the directory of the wheels' programs.
wheel_programs() {
  local directory
  directory="$(wheels)" && printf '%s/bin' "$directory"
}

# packages: prints the directory of the npm packages.
packages() { install_once packages "$pins/package.json" "$pins/package-lock.json"; }

# package_program NAME: prints the path of a program of an npm package.
package_program() {
  local directory
  directory="$(packages)" && printf '%s/node_modules/.bin/%s' "$directory" "$1"
}

# buildifier_program: prints the path of buildifier: that on PATH if it has the pinned version, as in the dev image, which has no npm.
buildifier_program() {
  local found
  if found="$(type -P buildifier)" && [[ "$("$found" --version 2> /dev/null)" == "buildifier version: $(buildifier_version) "* ]]; then
    printf '%s' "$found"
  else
    package_program buildifier
  fi
}

buildifier_version() { sed -n 's|.*"@bazel/buildifier": "\(.*\)".*|\1|p' "$pins/package.json"; }

# install_once KIND FILE...: installs what the files pin unless present, and prints the directory.
install_once() {
  local kind="$1" key directory
  shift
  key="$(cat -- "$@" | git hash-object --stdin)" || return
  directory="$lint_cache/$kind-${key:0:16}"
  [[ -d "$directory" ]] || install_atomically "$kind" "$directory" "$@" >&2 || return
  printf '%s' "$directory"
}

# Runs in a subshell, whose trap removes an interrupted installation.
install_atomically() (
  kind="$1" directory="$2"
  shift 2
  mkdir -p "$lint_cache" || return
  temporary="$(mktemp -d "$lint_cache/temporary.XXXXXX")" || return
  trap 'rm -rf "$temporary"' EXIT
  "install_$kind" "$temporary" "$@" && mv "$temporary" "$directory" || return
  # Versions that were pinned more than 30 days ago.
  find "$lint_cache" -maxdepth 1 -name "$kind-*" -mtime +30 -exec rm -rf {} +
)

install_wheels() {
  in_root python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --no-deps --require-hashes --only-binary :all: \
    --target "$1" --requirement "$2" || error "cannot install the programs of $2" || return
  # The wheel's Python wrapper would set the mode.
  chmod +x "$1/jactionlint/bin/jactionlint"
}

install_packages() {
  local directory="$1"
  shift
  need npm || return
  cp "$@" "$directory/" || return
  npm ci --prefix "$directory" --ignore-scripts --no-audit --no-fund --loglevel=error || error "cannot install the packages of $1"
}
