#!/usr/bin/env bash
# Each action of this repository's own packages gives the same bytes when it runs once more, in another directory, on files of
# another time. Third-party crates come from the disk cache; tools/e2e/pipeline.sh compiles those twice, too.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly log="$scratch/execution.json"
readonly targets=(//impure //services/hello:hello.release //services/hello:image //services/hello:image.digest //services/hello:sbom)

need_built linux_x86_64_musl //services/hello:hello.release //services/hello:image.digest

# build [FLAG...] TARGET...: with all outputs on disk, not in the disk cache alone.
build() {
  run_logged build "the build" in_copy build --remote_download_outputs=all "$@"
}

# own_outputs: where actions of this repository's packages write.
own_outputs() {
  local directory
  for directory in "$copy"/bazel-out/*/bin; do
    find "$directory/" -mindepth 1 -maxdepth 1 ! -name external
    find "$directory/" -mindepth 2 -maxdepth 2 -path '*/external/rules_oci~*'
  done
}

# digests: of every file that is no link to another output.
digests() {
  local own
  mapfile -t own < <(own_outputs)
  find "${own[@]}" -type f -exec sha256sum {} + | sort --key=2
}

# rebuild TARGET...: sets `changed`, the outputs that differ after all actions of this repository have run again.
rebuild() {
  digests > "$scratch/first"
  own_outputs | xargs rm -rf
  build --disk_cache= --execution_log_json_file="$log" "$@"
  digests > "$scratch/second"
  changed="$({ diff "$scratch/first" "$scratch/second" || true; } | sed -n 's|^[<>] [0-9a-f]*  .*/bin/||p' | sort --unique)"
}

# An action whose output the comparison must find.
plant_impure_action() {
  mkdir "$copy/impure"
  # shellcheck disable=SC2016 # the action's shell expands it
  printf 'genrule(name = "impure", outs = ["time.txt"], cmd = "date +%%s%%N > $@")\n' > "$copy/impure/BUILD.bazel"
}

gives_the_same_bytes() {
  build "${targets[@]}"
  rebuild "${targets[@]}"
  check_equal "of all outputs, only the planted one differs when the actions run again" "impure/time.txt" "$changed"
  check_equal "the image's digest is the workspace's" "$(< "$built/linux_x86_64_musl/services/hello/hello.image.json.sha256")" \
    "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"
  cmp "$built/linux_x86_64_musl/services/hello/hello.release" "$copy/bazel-bin/services/hello/hello.release" || check_failed "the program is the workspace's"
  passed "the program is the workspace's"
}

# ran MNEMONIC: the packages whose actions of that kind ran.
ran() { jq --raw-output "select(.cacheHit | not) | select(.mnemonic == \"$1\") | .targetLabel" "$log" | sed 's/^@*//; s/:.*//' | sort --unique; }

own_actions_alone_ran() {
  check_contains "crates of services are compiled again" "$(printf '//services/%s\n' chassis hello)" "$(ran Rustc)"
  check_contains "images are assembled again" "//services/hello" "$(ran OCIImage)"
  check_equal "third-party crates are not compiled again" "" "$(ran Rustc | grep crate || true)"
}

main() {
  need_packages jq
  open_copy
  # Outputs that another script left in the shared copy are not built again here, and would count as changed.
  in_copy clean > "$scratch/clean.log" 2>&1
  plant_impure_action
  find "$copy" -path "$copy/bazel-*" -prune -o -exec touch --no-dereference --date 2001-02-03T04:05:06Z {} +
  gives_the_same_bytes
  own_actions_alone_ran
  report_checks
}

main
