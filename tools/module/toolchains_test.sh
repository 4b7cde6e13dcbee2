#!/usr/bin/env bash
# MODULE.bazel declares the toolchains of the files that other root modules include, word for word.
# Usage: toolchains_test.sh MODULE_FILE FILE...
set -o errexit -o nounset -o pipefail

module="$(< "$1")"
shift
for file in "$@"; do
  text="$(< "$file")"
  # Without the docstring.
  declarations="${text#\"\"\"*\"\"\"}"
  declarations="${declarations#"${declarations%%[![:space:]]*}"}"
  [[ -n "$declarations" && "$declarations" != "$text" ]] || { printf 'no declarations after the docstring of %s\n' "$file" >&2 && exit 1; }
  [[ "$module" == *"$declarations"* ]] || {
    printf '%s and MODULE.bazel differ: write the declarations of one into the other\n' "$file" >&2
    exit 1
  }
done
