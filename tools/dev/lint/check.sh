#!/usr/bin/env bash
# Runs the named linters, or all of them, and prints findings with the command that fixes them. Downloads pinned linters once.
#
# Usage: tools/bazel run //tools/dev/lint -- [LINTER...]
#
#     - rustfmt, buildifier: formatting; the warnings that .buildifier.json lists
#     - shellcheck: scripts, and templates of scripts
#     - actionlint: GitHub's workflows, with jactionlint, a fork of actionlint, and its default rules
#     - gitlab_ci: .gitlab-ci.yml, by GitLab's schema
#     - kubernetes: tools/remote/kubernetes, by Kubernetes' schemas; an unknown field is an error
#     - deny: licenses, sources and bans of deny.toml, for both Cargo workspaces and services with their own Cargo.lock; advisories
#       are not checked, because their database is a git repository
#     - clippy: every Rust target of this workspace, as --config=lint does
#     - clippy_image_tool: the Cargo workspace of tools/distro/modules/rules_oci/tool
set -o errexit -o nounset -o pipefail

workspace="${BUILD_WORKSPACE_DIRECTORY:-$(CDPATH='' cd -P -- "${BASH_SOURCE[0]%/*}/../../.." && pwd)}"
readonly workspace
# shellcheck source=tools/help.sh
source "$workspace/tools/help.sh"
show_help "$@"
# shellcheck source=tools/dev/lint/lib/tools.sh
source "$workspace/tools/dev/lint/lib/tools.sh"
# shellcheck source=tools/dev/lint/lib/files.sh
source "$workspace/tools/dev/lint/lib/files.sh"
# shellcheck source=tools/dev/lint/lib/linters.sh
source "$workspace/tools/dev/lint/lib/linters.sh"

readonly linters=(rustfmt buildifier shellcheck actionlint gitlab_ci kubernetes deny clippy clippy_image_tool)

# fix_command LINTER: prints the command that fixes findings, or that runs the linter again.
fix_command() {
  case "$1" in
    rustfmt | buildifier) printf 'tools/bazel run //tools/dev/format' ;;
    clippy) printf 'tools/distro/shell cargo clippy --fix --allow-dirty --workspace --all-targets' ;;
    clippy_image_tool) printf 'tools/distro/shell cargo clippy --fix --allow-dirty --workspace --all-targets --manifest-path %s' "$image_tool" ;;
    *) printf 'tools/bazel run //tools/dev/lint -- %s' "$1" ;;
  esac
}

# run LINTER: prints the output only if the linter fails.
run() {
  local start=$SECONDS status=0 findings
  findings="$("lint_$1" 2>&1)" || status=$?
  if ((status == 0)); then
    printf 'passed  %-18s %4s s\n' "$1" "$((SECONDS - start))"
    ((++passed))
  else
    printf '%s\nFAILED  %-18s %4s s\n    %s\n' "$findings" "$1" "$((SECONDS - start))" "$(fix_command "$1")"
    ((++failed))
  fi
}

main() {
  local linter passed=0 failed=0
  (($#)) || set -- "${linters[@]}"
  for linter in "$@"; do
    [[ " ${linters[*]} " == *" $linter "* ]] || { error "unknown linter \"$linter\": expected one of ${linters[*]}" || exit 64; }
  done
  need_files
  cd "$workspace"
  for linter in "$@"; do run "$linter"; done
  printf '%s passed, %s failed\n' "$passed" "$failed"
  ((failed == 0))
}

main "$@"
