#!/usr/bin/env bash
# The tables of docs/rules_oci.md: each test that they name is there, and they name each attribute of the rules.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly module="$workspace/tools/distro/modules/rules_oci" doc="$workspace/docs/rules_oci.md"

# shellcheck disable=SC2016 # backquotes are what is looked for
# words FILE: what stands between backquotes in the rows of its tables.
words() { sed -n '/^|/p' "$1" | grep --only-matching '`[^`]*`' | tr -d '`' | sort --unique; }

# all_tests: the names of Bazel's tests, and of the functions that are the tool's tests.
all_tests() {
  (cd "$workspace" && tools/bazel query 'tests(@rules_oci//...) + tests(//...)' 2> "$scratch/query.log") | sed 's/.*://' ||
    check_failed "the tests are listed" "$(tail -n 5 "$scratch/query.log")"
  find "$module/tool" -name '*.rs' -exec sed -n 's/^ *fn \([a-z0-9_]*\)().*/\1/p' {} +
}

# names_of WORD: the names that a word with {a,b} stands for. Only words of such names get here.
names_of() {
  local name="${1##*:}"
  eval "printf '%s\n' ${name//X_/entrypoint_}"
}

# missing FILE: the words of a file's tables that look like tests and are none.
missing() {
  local word
  while read -r word; do
    case "$word" in
      tools/e2e/*.sh) [[ -x "$workspace/$word" ]] || printf '%s\n' "$word" ;;
      *)
        [[ "$word" =~ ^(@rules_oci)?[a-zA-Z0-9_/:{},]*_(test|[a-z]+_[a-z]+)$ && "$word" =~ _test$|^[a-z]+(_[a-z]+){3,}$ ]] || continue
        names_of "$word" | grep --invert-match --line-regexp --file "$scratch/tests" || true
        ;;
    esac
  done < <(words "$1")
}

# attributes FILE: the public ones that a rule or a tag has.
attributes() { sed -n 's/^ *"\([a-z][a-z_]*\)": attr\..*/\1/p' "$1"; }

every_attribute_is_named() {
  local file name
  for file in "$module"/oci/private/{image,index,load,push,extension}.bzl "$module"/cosign/private/*.bzl; do
    while read -r name; do
      grep --quiet "^|.*\`$name\`" "$1" || printf '%s: %s\n' "${file##*/}" "$name"
    done < <(attributes "$file")
  done
}

main() {
  all_tests > "$scratch/tests"
  check_equal "every test that the tables name is there" "" "$(missing "$doc")"
  check_equal "the tables name every attribute" "" "$(every_attribute_is_named "$doc")"
  # What both would see.
  # shellcheck disable=SC2016 # a row of a table
  printf '| `base` | `base_test`, `no_such_test`, `tools/e2e/none.sh`, `nothing_has_this_name` |\n' > "$scratch/wrong.md"
  check_equal "tests that are not there are seen" "no_such_test nothing_has_this_name tools/e2e/none.sh" "$(missing "$scratch/wrong.md" | xargs)"
  check_contains "attributes that are not named are seen" "push.bzl: remote_tags" "$(every_attribute_is_named "$scratch/wrong.md")"
  report_checks
}

main
