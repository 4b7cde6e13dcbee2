#!/usr/bin/env bash
# Checks that MODULE.bazel contains the declarations of the files that other root modules include.
# Usage: declarations_test.sh MODULE_FILE FILE...
set -o errexit -o nounset -o pipefail

module="$(< "$1")"
shift
for file in "$@"; do
  text="$(< "$file")"
  declarations="${text#\"\"\"*\"\"\"}"
  declarations="${declarations#"${declarations%%[![:space:]]*}"}"
  [[ -n "$declarations" && "$declarations" != "$text" ]] || { printf '%s: no declarations after the docstring\n' "$file" >&2 && exit 1; }
  [[ "$module" == *"$declarations"* ]] || {
    printf '%s: MODULE.bazel has other declarations: expected the same text in both files\n' "$file" >&2
    exit 1
  }
done
