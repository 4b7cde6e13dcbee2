#!/usr/bin/env bash
# Verifies the tables of docs/rules_oci.md: every test that they name exists, and they name every attribute of the rules.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly module="$workspace/tools/distro/modules/rules_oci" doc="$workspace/docs/rules_oci.md"

# shellcheck disable=SC2016 # backquotes of Markdown
# code_spans FILE: the code spans in the rows of its tables.
code_spans() { sed -n '/^|/p' "$1" | grep --only-matching '`[^`]*`' | tr -d '`' | sort --unique; }

# all_tests: the names of Bazel's test targets and of the tool's test functions.
all_tests() {
  (cd "$workspace" && tools/bazel query 'tests(@rules_oci//...) + tests(//...)' 2> "$scratch/query.log") | sed 's/.*://' ||
    check_failed "bazel query lists the tests" "$(tail -n 5 "$scratch/query.log")"
  find "$module/tool" -name '*.rs' -exec sed -n 's/^ *fn \([a-z0-9_]*\)().*/\1/p' {} +
}

# expand_name SPAN: expands braces; `missing_tests` passes only characters of names.
expand_name() {
  local name="${1##*:}"
  eval "printf '%s\n' ${name//X_/entrypoint_}"
}

# missing_tests FILE: the code spans that have the form of a test name and are not tests.
missing_tests() {
  local span
  while read -r span; do
    case "$span" in
      tools/dev/e2e/*.sh) [[ -x "$workspace/$span" ]] || printf '%s\n' "$span" ;;
      *)
        [[ "$span" =~ ^(@rules_oci)?[a-zA-Z0-9_/:{},]*_(test|[a-z]+_[a-z]+)$ && "$span" =~ _test$|^[a-z]+(_[a-z]+){3,}$ ]] || continue
        expand_name "$span" | grep --invert-match --line-regexp --file "$scratch/tests" || true
        ;;
    esac
  done < <(code_spans "$1")
}

# attributes FILE: the public attributes of its rules and tag classes.
attributes() { sed -n 's/^ *"\([a-z][a-z_]*\)": attr\..*/\1/p' "$1"; }

unnamed_attributes() {
  local file name
  for file in "$module"/oci/private/{image,index,load,push,extension}.bzl "$module"/cosign/private/*.bzl; do
    while read -r name; do
      grep --quiet "^|.*\`$name\`" "$1" || printf '%s: %s\n' "${file##*/}" "$name"
    done < <(attributes "$file")
  done
}

main() {
  all_tests > "$scratch/tests"
  check_equal "every test in the tables exists" "" "$(missing_tests "$doc")"
  check_equal "the tables name every attribute" "" "$(unnamed_attributes "$doc")"
  # shellcheck disable=SC2016 # a row of a table
  printf '| `base` | `base_test`, `no_such_test`, `tools/dev/e2e/none.sh`, `nothing_has_this_name` |\n' > "$scratch/wrong.md"
  check_equal "missing tests are detected" "no_such_test nothing_has_this_name tools/dev/e2e/none.sh" "$(missing_tests "$scratch/wrong.md" | xargs)"
  check_contains "unnamed attributes are detected" "push.bzl: remote_tags" "$(unnamed_attributes "$scratch/wrong.md")"
  report_checks
}

main
