#!/usr/bin/env bash
# Verifies that each linter fails on an invalid file and prints the command that fixes it. Installs the linters in the launcher's cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly copy="$scratch/copy"

# write_invalid_file PATH < CONTENT: makes it the only file of the copy that the linters see.
write_invalid_file() {
  mkdir -p "$(dirname "$copy/$1")"
  cat > "$copy/$1"
  rm -f "$copy/.git/index"
  git -C "$copy" add --force -- "$1"
}

# check_finding LINTER FINDING FIX
check_finding() {
  local status=0 found
  found="$("$copy/tools/dev/lint/check.sh" "$1" 2>&1)" || status=$?
  check_equal "$1: exit code" 1 "$status"
  check_contains "$1: verdict" "FAILED  $1" "$found"
  check_contains "$1: finding" "$2" "$found"
  check_contains "$1: fix" "$3" "$found"
}

prepare_copy() {
  copy_workspace "$copy"
  git -C "$copy" init --quiet
  printf '*\n' > "$copy/.git/info/exclude"
}

checks_rust_format() {
  printf 'fn main( ) {}\n' | write_invalid_file bad/main.rs
  check_finding rustfmt "bad/main.rs" "tools/bazel run //tools/dev/format"
  "$copy/tools/dev/format/format.sh" > "$scratch/format.log" 2>&1 || check_failed "format" "$(< "$scratch/format.log")"
  check_equal "format: Rust" "fn main() {}" "$(< "$copy/bad/main.rs")"
}

checks_starlark_format() {
  printf 'filegroup(name="bad")\n' | write_invalid_file bad/BUILD.bazel
  check_finding buildifier "bad/BUILD.bazel # reformat" "tools/bazel run //tools/dev/format"
  "$copy/tools/dev/format/format.sh" > "$scratch/format.log" 2>&1 || check_failed "format" "$(< "$scratch/format.log")"
  check_equal "format: Starlark" 'filegroup(name = "bad")' "$(< "$copy/bad/BUILD.bazel")"
  printf '"""Bad."""\n\ndef f(x):\n    return 1\n' | write_invalid_file bad/bad.bzl
  check_finding buildifier "unused-variable" "tools/bazel run //tools/dev/format"
}

checks_shell_scripts() {
  # shellcheck disable=SC2016 # not expanded here
  printf '#!/bin/bash -p\nrm $1\n' | write_invalid_file bad/script
  check_finding shellcheck "SC2086" "tools/bazel run //tools/dev/lint -- shellcheck"
  # shellcheck disable=SC2016 # not expanded here
  printf '#!/bin/sh\nreadonly target={{target}}\nrm $target $1\n' | write_invalid_file bad/script.sh.tpl
  check_finding shellcheck "SC2086" "tools/bazel run //tools/dev/lint -- shellcheck"
}

checks_workflows() {
  local workflow='on: push\npermissions: {}\njobs:\n  bad:\n    runs-on: ubuntu-24.04\n    timeout-minutes: 5\n    steps:\n      - %s\n'
  # shellcheck disable=SC2059,SC2016 # a format; not expanded here
  printf "$workflow" 'run: rm $1' | write_invalid_file .github/workflows/bad.yml
  check_finding actionlint "SC2086" "tools/bazel run //tools/dev/lint -- actionlint"
  # shellcheck disable=SC2059 # a format
  printf "$workflow" 'uses: actions/cache/save@v5' | write_invalid_file .github/workflows/bad.yml
  check_finding actionlint "must be pinned to a full-length commit SHA" "tools/bazel run //tools/dev/lint -- actionlint"
  printf 'bad:\n  script: "true"\n  interruptible: maybe\n' | write_invalid_file .gitlab-ci.yml
  check_finding gitlab_ci ".gitlab-ci.yml:3:18 - must be boolean" "tools/bazel run //tools/dev/lint -- gitlab_ci"
  printf 'apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec:\n  port: 1\n' | write_invalid_file tools/remote/kubernetes/bad.yml
  check_finding kubernetes "tools/remote/kubernetes/bad.yml:5:3 - must not include property 'port'" "tools/bazel run //tools/dev/lint -- kubernetes"
}

checks_licenses() {
  sed --in-place '/^    "MIT",$/d' "$copy/deny.toml"
  check_finding deny "error[rejected]: failed to satisfy license requirements" "tools/bazel run //tools/dev/lint -- deny"
  cp "$workspace/deny.toml" "$copy/deny.toml"
}

checks_image_tool() {
  printf '\n/// Bad.\npub fn bad(value: Option<u8>) -> u8 {\n    value.unwrap()\n}\n' >> "$copy/tools/distro/modules/rules_oci/tool/src/lib.rs"
  check_finding clippy_image_tool "clippy::unwrap-used" "tools/distro/shell cargo clippy --fix"
}

# Runs in the workspace, to use its Bazel server.
checks_services() {
  local found status=0 reason
  cd "$workspace"
  run_logged tool "clippy: a tool may block" tools/bazel build --config=lint //tools/dev/lint/tests:tool
  passed "clippy: a tool may block"
  found="$(tools/bazel build --config=lint //tools/dev/lint/tests:banned 2>&1)" || status=$?
  check_equal "clippy: exit code" 1 "$status"
  for reason in \
    'std::thread::sleep' 'std::fs::read' 'std::net::TcpListener::bind' 'std::net::TcpStream::connect' 'tokio::net::TcpListener::bind' \
    'std::println' 'std::eprintln' 'std::env::var' 'std::process::exit'; do
    check_contains "clippy: $reason is banned" "\`$reason\`" "$found"
  done
  check_contains "clippy: a ban has a reason" "blocks a worker thread: use tokio::time::sleep" "$found"
  check_contains "clippy: [workspace.lints.clippy]" "used \`unwrap()\` on an \`Option\` value" "$found"
  check_contains "clippy: [workspace.lints.rust]" "missing documentation for a function" "$found"
}

# PATH has every program of the script except npm, then git.
checks_missing_programs() {
  local tools="$scratch/tools" tool
  mkdir "$tools"
  for tool in bash cat cp env git mkdir mktemp mv rm sed wc xargs; do ln -s "$(type -P "$tool")" "$tools/$tool"; done
  PATH="$tools" XDG_CACHE_HOME="$scratch/empty" check_finding buildifier '"npm" is not installed' "sudo apt install npm"
  write_buildifier "$tools/buildifier" 0.0.1
  PATH="$tools" XDG_CACHE_HOME="$scratch/empty" check_finding buildifier '"npm" is not installed' "sudo apt install npm"
  write_buildifier "$tools/buildifier" "$(sed -n 's|.*"@bazel/buildifier": "\(.*\)".*|\1|p' "$copy/tools/dev/lint/package.json")"
  PATH="$tools" XDG_CACHE_HOME="$scratch/empty" run_logged buildifier "buildifier of the pinned version on PATH" "$copy/tools/dev/lint/check.sh" buildifier
  passed "buildifier of the pinned version on PATH needs no npm"
  rm "$tools/git"
  check_contains "format without git" "sudo apt install git" "$(PATH="$tools" "$copy/tools/dev/format/format.sh" 2>&1 || true)"
}

# write_buildifier PATH VERSION: a program that accepts every file.
write_buildifier() {
  # shellcheck disable=SC2016 # the program expands it
  printf '#!/usr/bin/env bash\nif [[ "$1" == --version ]]; then printf "buildifier version: %s \\n"; fi\n' "$2" > "$1"
  chmod +x "$1"
}

checks_modified_package() {
  sed --in-place 's/"integrity": "sha512-./"integrity": "sha512-A/' "$copy/tools/dev/lint/package-lock.json"
  check_finding buildifier "EINTEGRITY" "tools/bazel run //tools/dev/format"
  cp "$workspace/tools/dev/lint/package-lock.json" "$copy/tools/dev/lint/"
}

checks_unknown_linter() {
  local status=0 found help linter linters
  found="$("$copy/tools/dev/lint/check.sh" eslint 2>&1)" || status=$?
  check_equal "unknown linter: exit code" 64 "$status"
  check_contains "unknown linter: accepted names" 'unknown linter "eslint": expected one of rustfmt' "$found"
  help="$("$copy/tools/dev/lint/check.sh" --help)"
  read -ra linters <<< "${found##*expected one of }"
  for linter in "${linters[@]}"; do check_contains "--help describes $linter" "$linter" "$help"; done
}

# Without files, each linter would pass.
checks_missing_repository() {
  local script status found
  rm -r "$copy/.git"
  for script in lint/check.sh format/format.sh; do
    status=0
    found="$(GIT_CEILING_DIRECTORIES="$scratch" "$copy/tools/dev/$script" 2>&1)" || status=$?
    check_equal "$script without a repository: exit code" 1 "$status"
    check_contains "$script without a repository: git's message" "not a git repository" "$found"
    check_contains "$script without a repository: the message" "error: git lists no files in \"$copy\"" "$found"
  done
}

main() {
  prepare_copy
  checks_rust_format
  checks_starlark_format
  checks_shell_scripts
  checks_workflows
  checks_licenses
  checks_image_tool
  checks_missing_programs
  checks_modified_package
  checks_unknown_linter
  checks_missing_repository
  checks_services
  report_checks
}

main
