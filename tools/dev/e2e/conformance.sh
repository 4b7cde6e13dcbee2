#!/usr/bin/env bash
# Verifies the stand-ins under tools/distro/modules with the cases of tools/distro/conformance, and that the suite detects a wrong expectation
# of each kind. Needs python3; takes a minute or two with a warm disk cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly suite="$workspace/tools/distro/conformance/run.py"

# conformance [ARGUMENT...]: sets `output` and `status`.
conformance() {
  status=0
  output="$(python3 "$suite" "$@" 2>&1)" || status=$?
}

# Writes one case of each kind with a wrong expectation.
write_wrong_cases() {
  cat > "$scratch/wrong.json" <<'JSON'
{
  "build_header": "load(\"@rules_oci//oci:defs.bzl\", \"oci_image\")\n",
  "module_header": "include(\"//tools/rust:toolchains.MODULE.bazel\")\n",
  "cases": [
    {
      "name": "fact",
      "kind": "image",
      "build": "oci_image(name = \"target\", architecture = \"amd64\", os = \"linux\")",
      "expected": {"config": {"os": "windows"}}
    },
    {
      "name": "no_error",
      "kind": "analysis",
      "build": "oci_image(name = \"target\", architecture = \"amd64\", os = \"linux\")",
      "expected": {"error": ["os"]}
    },
    {
      "name": "another_error",
      "kind": "analysis",
      "build": "oci_image(name = \"target\", os = \"linux\")",
      "expected": {"error": ["no such words"]}
    },
    {
      "name": "output",
      "kind": "module",
      "command": ["mod", "graph"],
      "expected": {"output": ["no such words"]}
    }
  ]
}
JSON
}

# rules_rust 0.73 copies the sources of targets with generated compile_data to bazel-out/<configuration>, which adds that path to programs.
# Debian's rules_rust does not, so builds here cannot show it.
checks_compile_data() {
  local found
  found="$(cd "$workspace" && tools/bazel query 'kind("rule|generated file", labels(compile_data, //...))' 2> "$scratch/query.log")" ||
    check_failed "the query for compile_data" "$(tail -n 5 "$scratch/query.log")"
  check_equal "no Rust target has generated compile_data" "" "$found"
}

# A stub of Bazel suffices.
accepts_passing_cases() {
  printf '#!/bin/sh\necho "no such words"\n' > "$scratch/bazel"
  chmod +x "$scratch/bazel"
  conformance --bazel "$scratch/bazel" --case output "$scratch/wrong.json"
  check_equal "passing cases: the exit code" 0 "$status"
  check_equal "passing cases: the count" "1 passed, 0 failed" "$output"
}

# One run of all cases, because each run starts a Bazel server.
main() {
  checks_compile_data
  write_wrong_cases
  accepts_passing_cases
  conformance "$workspace"/tools/distro/conformance/*.json "$scratch/wrong.json"
  [[ "$output" == *" passed, 4 failed" ]] || check_failed "all cases but the wrong ones pass" "$output"
  passed "all cases but the wrong ones pass: ${output##*$'\n'}"
  check_equal "wrong cases: the exit code" 1 "$status"
  check_contains "a wrong fact is reported" 'wrong/fact: config: os is "linux", expected "windows"' "$output"
  check_contains "an absent error is reported" "wrong/no_error: succeeded, expected an error" "$output"
  check_contains "a different error is reported" "wrong/another_error: the error has no ['no such words']" "$output"
  check_contains "a different output is reported" "wrong/output: the output has no ['no such words']" "$output"
  report_checks
}

main
