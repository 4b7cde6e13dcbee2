#!/usr/bin/env bash
# Verifies that every action of this repository's packages writes identical outputs when it runs again, in another directory and on files with
# other modification times. Third-party crates come from the disk cache; tools/dev/e2e/cold-build.sh compiles those twice. Needs jq.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly log="$scratch/execution.json"
readonly targets=(//impure //services/hello:hello.release //services/hello:image //services/hello:image.digest //services/hello:sbom)

need_built linux_x86_64_musl //services/hello:hello.release //services/hello:image.digest

# build [FLAG...] TARGET...: downloads all outputs from the disk cache.
build() {
  run_logged build "the build" in_copy build --remote_download_outputs=all "$@"
}

# own_outputs: the output directories of this repository's packages.
own_outputs() {
  local directory
  for directory in "$copy"/bazel-out/*/bin; do
    find "$directory/" -mindepth 1 -maxdepth 1 ! -name external
    find "$directory/" -mindepth 2 -maxdepth 2 -path '*/external/rules_oci~*'
  done
}

# list_digests: the digest of every regular file in own_outputs. Links to other outputs are omitted.
list_digests() {
  local own
  mapfile -t own < <(own_outputs)
  find "${own[@]}" -type f -exec sha256sum {} + | sort --key=2
}

# rebuild TARGET...: reruns all actions of this repository and sets `changed`, the outputs that differ.
rebuild() {
  list_digests > "$scratch/first"
  own_outputs | xargs rm -rf
  build --disk_cache= --execution_log_json_file="$log" "$@"
  list_digests > "$scratch/second"
  changed="$({ diff "$scratch/first" "$scratch/second" || true; } | sed -n 's|^[<>] [0-9a-f]*  .*/bin/||p' | sort --unique)"
}

# Adds an action that is not reproducible, which the comparison must detect.
add_impure_action() {
  mkdir "$copy/impure"
  # shellcheck disable=SC2016 # the action's shell expands it
  printf 'genrule(name = "impure", outs = ["time.txt"], cmd = "date +%%s%%N > $@")\n' > "$copy/impure/BUILD.bazel"
}

compares_outputs() {
  build "${targets[@]}"
  rebuild "${targets[@]}"
  check_equal "only the impure action's output differs after a rebuild" "impure/time.txt" "$changed"
  check_equal "the copy and the workspace build the same image" "$(< "$built/linux_x86_64_musl/services/hello/hello.image.json.sha256")" \
    "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"
  cmp "$built/linux_x86_64_musl/services/hello/hello.release" "$copy/bazel-bin/services/hello/hello.release" ||
    check_failed "the copy and the workspace build the same program"
  passed "the copy and the workspace build the same program"
}

# executed_packages MNEMONIC: the packages whose actions with this mnemonic were executed.
executed_packages() {
  jq --raw-output "select(.cacheHit | not) | select(.mnemonic == \"$1\") | .targetLabel" "$log" | sed 's/^@*//; s/:.*//' | sort --unique
}

executes_only_own_actions() {
  check_contains "the services' crates were compiled again" "$(printf '//services/%s\n' chassis chassis-env chassis-http chassis-telemetry hello)" "$(executed_packages Rustc)"
  check_contains "the image was assembled again" "//services/hello" "$(executed_packages OCIImage)"
  check_equal "third-party crates were not compiled again" "" "$(executed_packages Rustc | grep crate || true)"
}

main() {
  need_packages jq
  open_copy
  # Outputs of other scripts in the shared copy are not rebuilt here and would count as changed.
  in_copy clean > "$scratch/clean.log" 2>&1
  add_impure_action
  find "$copy" -path "$copy/bazel-*" -prune -o -exec touch --no-dereference --date 2001-02-03T04:05:06Z {} +
  compares_outputs
  executes_only_own_actions
  report_checks
}

main
