#!/usr/bin/env bash
# What many services cost Bazel: loading, analysis, a build with nothing to do, a build after one edit; one service beside
# many in the same run. Prints its figures; judges none of them.
#
# tools/bench/services.sh [COUNT]: services, hello among them; default 200, which takes a quarter of an hour on two cores:
# each program is linked once.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly count="${1:-200}" rounds=3
readonly copy="$scratch/copy" figures="$scratch/figures" images="$scratch/images"

# In the copy, with the workspace's own outputs: crates and hello are not built again.
bazel() { (cd "$copy" && tools/bazel --output_base="$output_base" "$@"); }

stop_bazel() { bazel shutdown; }

# timed SIZE WHAT COMMAND [ARG...]
timed() {
  local file="$figures/$1 $2" what="$2" start
  shift 2
  start="$EPOCHREALTIME"
  "$@" > "$scratch/command.log" 2>&1 || check_failed "$what" "$(tail -n 20 "$scratch/command.log")"
  jq --null-input "$EPOCHREALTIME - $start" >> "$file"
}

# note SIZE WHAT NUMBER
note() { printf '%s\n' "$3" >> "$figures/$1 $2"; }

generate() {
  local number
  for ((number = 1; number < count; number++)); do
    BUILD_WORKSPACE_DIRECTORY="$copy" "$workspace/bazel-bin/tools/new-service/new-service" "$(printf 'service%03d' "$number")" --kind http > /dev/null
  done
}

edit() { printf '\n/// Edit %s.\npub fn edit_%s() -> u32 {\n    %s\n}\n' "$1" "$1" "$1" >> "$copy/services/hello/src/lib.rs"; }

build_images() { bazel build --target_pattern_file="$images" "$@"; }

# measure SIZE
measure() {
  local round
  timed "$1" "crates resolved again, s" bazel query //services/...
  bazel query //services/... > "$scratch/targets" 2> /dev/null
  note "$1" "targets" "$(wc -l < "$scratch/targets")"
  grep ':image$' "$scratch/targets" > "$images"
  for ((round = 0; round < rounds; round++)); do
    stop_bazel
    timed "$1" "load, new server, s" bazel query //services/...
    stop_bazel
    timed "$1" "load and analysis, new server, s" bazel build --nobuild //services/...
  done
  note "$1" "heap after it, MB" "$(bazel info used-heap-size-after-gc 2> /dev/null | sed 's/MB$//')"
  timed "$1" "all images for the first time, s" build_images
  for ((round = 0; round < rounds; round++)); do timed "$1" "nothing to do, s" build_images; done
  for ((round = 0; round < rounds; round++)); do
    edit "$(($1 * rounds + round))"
    timed "$1" "one service edited, s" build_images
  done
}

# row WHAT: medians, and the growth.
row() {
  jq --null-input --raw-output --arg what "$1" --slurpfile one "$figures/1 $1" --slurpfile many "$figures/$count $1" \
    'def median: sort | .[length / 2 | floor]; def short: . * 100 | round / 100;
    "| \($what) | \($one | median | short) | \($many | median | short) | \(($many | median) / ($one | median) | short) |"'
}

main() {
  need_packages jq
  ((count > 1)) || check_failed "COUNT is a whole number above 1" "found: $count"
  mkdir -p "$figures"
  cd "$workspace"
  run_logged command "the build" tools/bazel build //tools/new-service //services/hello:image
  output_base="$(tools/bazel info output_base 2> /dev/null)"
  copy_workspace "$copy"
  [[ ! -e user.bazelrc ]] || cp user.bazelrc "$copy"
  on_exit stop_bazel
  measure 1
  generate
  measure "$count"
  printf '%s processors; medians of %s\n\n| services | 1 | %s | times |\n|---|---|---|---|\n' "$(nproc)" "$rounds" "$count"
  row "targets"
  row "crates resolved again, s"
  row "load, new server, s"
  row "load and analysis, new server, s"
  row "heap after it, MB"
  row "all images for the first time, s"
  row "nothing to do, s"
  row "one service edited, s"
}

main
