#!/usr/bin/env bash
# Formats all Rust and Starlark files of the workspace.
#
# Usage: tools/bazel run //tools/dev/format
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

main() {
  local buildifier
  (($# == 0)) || {
    error "unexpected argument \"$1\"" || exit 64
  }
  need_files
  cd "$workspace"
  rustfmt_all --quiet
  buildifier="$(buildifier_program)"
  starlark_files | xargs -0 "$buildifier" -mode=fix -lint=fix
}

main "$@"
