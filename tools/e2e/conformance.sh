#!/usr/bin/env bash
# The stand-ins under tools/distro/modules do with a BUILD or MODULE.bazel file what the original modules do: the cases
# of tools/distro/conformance, and a planted wrong fact of each kind, which must be found.
# Takes about 190 s on two busy processors over a warm disk cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly suite="$workspace/tools/distro/conformance/run.py"

# conformance [ARGUMENT...]: sets `output` and `status`.
conformance() {
  status=0
  output="$(python3 "$suite" "$@" 2>&1)" || status=$?
}

# A case of each kind whose expectation is wrong.
plant() {
  cat > "$scratch/planted.json" <<'JSON'
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

# rules_rust 0.73 copies sources beside generated compile_data to bazel-out/<configuration>, and so puts a path of the configuration
# into programs. Debian's rules_rust does not, so that no build here shows it.
no_generated_compile_data() {
  local found
  found="$(cd "$workspace" && tools/bazel query 'kind("rule|generated file", labels(compile_data, //...))' 2> "$scratch/query.log")" ||
    check_failed "the query for compile_data" "$(tail -n 5 "$scratch/query.log")"
  check_equal "no Rust target has generated compile_data" "" "$found"
}

main() {
  no_generated_compile_data
  conformance
  ((status == 0)) || check_failed "every case" "$output"
  check_contains "every case" "0 failed" "$output"
  plant
  conformance "$scratch/planted.json"
  check_equal "planted cases are found: the exit status" 1 "$status"
  check_contains "a wrong fact" 'planted/fact: config: os is "linux", expected "windows"' "$output"
  check_contains "an error that does not occur" "planted/no_error: succeeded, expected an error" "$output"
  check_contains "another error" "planted/another_error: the error has no ['no such words']" "$output"
  check_contains "another output" "planted/output: the output has no ['no such words']" "$output"
  check_contains "the count" "0 passed, 4 failed" "$output"
  report_checks
}

main
