#!/usr/bin/env bash
# Measures Bazel with one service and with many: loading, analysis, a build without changes and a build after one edit.
#
# Usage: tools/dev/bench/services.sh [COUNT]
#
#     COUNT  services, including hello; default: 200, which takes 15 minutes on two cores
set -o errexit -o nounset -o pipefail
# shellcheck disable=SC2034 # for harness.sh
readonly usage="[COUNT]"
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

check_argument_count 1 "$@"
readonly count="${1:-200}" rounds=3
readonly copy="$scratch/copy" figures="$scratch/figures" images="$scratch/images"

# Runs in the copy with the workspace's output base, which has crates and hello already.
bazel() { (cd "$copy" && tools/bazel --output_base="$output_base" "$@"); }

stop_bazel() { bazel shutdown; }

# record_time SIZE NAME COMMAND [ARG...]
record_time() {
  local file="$figures/$1 $2" name="$2" start
  shift 2
  start="$EPOCHREALTIME"
  run_logged command "$name" "$@"
  jq --null-input "$EPOCHREALTIME - $start" >> "$file"
}

# record SIZE NAME NUMBER
record() { printf '%s\n' "$3" >> "$figures/$1 $2"; }

generate_services() {
  local number
  for ((number = 1; number < count; number++)); do
    BUILD_WORKSPACE_DIRECTORY="$copy" "$workspace/bazel-bin/tools/new-service/new-service" "$(printf 'service%03d' "$number")" --kind http > /dev/null
  done
}

edit_hello() { printf '\n/// Edit %s.\npub fn edit_%s() -> u32 {\n    %s\n}\n' "$1" "$1" "$1" >> "$copy/services/hello/src/lib.rs"; }

build_images() { bazel build --target_pattern_file="$images" "$@"; }

# measure SIZE
measure() {
  local round
  record_time "$1" "crates resolved again, s" bazel query //services/...
  bazel query //services/... > "$scratch/targets" 2> /dev/null
  record "$1" "targets" "$(wc -l < "$scratch/targets")"
  grep ':image$' "$scratch/targets" > "$images"
  for ((round = 0; round < rounds; round++)); do
    stop_bazel
    record_time "$1" "loading, new server, s" bazel query //services/...
    stop_bazel
    record_time "$1" "loading and analysis, new server, s" bazel build --nobuild //services/...
  done
  record "$1" "heap after analysis, MB" "$(bazel info used-heap-size-after-gc 2> /dev/null | sed 's/MB$//')"
  record_time "$1" "first build of all images, s" build_images
  for ((round = 0; round < rounds; round++)); do record_time "$1" "build without changes, s" build_images; done
  for ((round = 0; round < rounds; round++)); do
    edit_hello "$(($1 * rounds + round))"
    record_time "$1" "build after one edit, s" build_images
  done
}

# print_row NAME: the medians and their ratio.
print_row() {
  jq --null-input --raw-output --arg name "$1" --slurpfile one "$figures/1 $1" --slurpfile many "$figures/$count $1" \
    'def median: sort | .[length / 2 | floor]; def short: . * 100 | round / 100;
    "| \($name) | \($one | median | short) | \($many | median | short) | \(($many | median) / ($one | median) | short) |"'
}

main() {
  [[ "$count" =~ ^([2-9]|[1-9][0-9]+)$ ]] || usage_error "invalid COUNT \"$count\": expected an integer above 1"
  need_packages jq
  mkdir -p "$figures"
  cd "$workspace"
  run_logged command "the build" tools/bazel build //tools/new-service //services/hello:image
  output_base="$(tools/bazel info output_base 2> /dev/null)"
  copy_workspace "$copy"
  [[ ! -e user.bazelrc ]] || cp user.bazelrc "$copy"
  on_exit stop_bazel
  measure 1
  generate_services
  measure "$count"
  printf '%s processors; medians of %s\n\n| services | 1 | %s | ratio |\n|---|---|---|---|\n' "$(nproc)" "$rounds" "$count"
  print_row "targets"
  print_row "crates resolved again, s"
  print_row "loading, new server, s"
  print_row "loading and analysis, new server, s"
  print_row "heap after analysis, MB"
  print_row "first build of all images, s"
  print_row "build without changes, s"
  print_row "build after one edit, s"
}

main
