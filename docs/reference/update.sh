#!/usr/bin/env bash
# Rewrites the checked-in reference pages: tools/bazel run //docs/reference:update
set -o errexit -o nounset -o pipefail

readonly pages="${BUILD_WORKSPACE_DIRECTORY:?run this script by bazel run}/docs/reference"
for page in docs/reference/*_generated.md; do
  name="${page##*/}"
  install --mode=0644 "$page" "$pages/${name%_generated.md}.md"
done
commands="$(docs/reference/commands.sh "$@")"
printf '%s\n' "$commands" > "$pages/commands.md"
