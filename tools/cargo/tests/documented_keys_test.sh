#!/usr/bin/env bash
# Checks that the table in docs/cargo.md lists every supported key of Cargo.toml. Usage: documented_keys_test.sh KEYS PAGE
set -o errexit -o nounset -o pipefail

# shellcheck disable=SC2016 # backquotes of Markdown
documented="$(sed -n '/^## Keys$/,/^## \./p' "$2" | grep --only-matching '`[^`]*`' | tr --complement --squeeze-repeats 'a-z-' '\n')"
status=0
while read -r key; do
  grep --quiet --line-regexp --fixed-strings -e "$key" <<< "$documented" || {
    printf '%s: missing key "%s" of Cargo.toml: expected a row of the table in the section "Keys"\n' "$2" "$key" >&2
    status=1
  }
done < "$1"
exit "$status"
