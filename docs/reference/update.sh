#!/usr/bin/env bash
# Rewrites the checked-in reference pages: tools/bazel run //docs/reference:update
set -o errexit -o nounset -o pipefail

for page in docs/reference/*_generated.md; do
  name="${page##*/}"
  install --mode=0644 "$page" "${BUILD_WORKSPACE_DIRECTORY:?run this script by bazel run}/docs/reference/${name%_generated.md}.md"
done
