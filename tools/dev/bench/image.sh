#!/usr/bin/env bash
# Measures how long images take to assemble: hello's, and one of 20 layers, compared with umoci and buildah on the same files.
#
# Usage: tools/dev/bench/image.sh [ROUNDS]
#
#     ROUNDS  builds of each measurement; default: 7
set -o errexit -o nounset -o pipefail
# shellcheck disable=SC2034 # for harness.sh
readonly usage="[ROUNDS]"
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

check_argument_count 1 "$@"
readonly rounds="${1:-7}" layers=20 changed=10
readonly log="$scratch/execution.json" figures="$scratch/figures"
readonly context="$copy/bench"
readonly buildah=(buildah --root "$scratch/buildah" --runroot "$scratch/buildah-run" --storage-driver vfs)

# record NAME SECONDS
record() { printf '%s\n' "$2" >> "$(samples_file "$1")"; }

# samples_file NAME: the file with the samples of a measurement.
samples_file() { printf '%s' "$figures/${1//\//_}"; }

# record_time NAME COMMAND [ARG...]
record_time() {
  local name="$1" start="$EPOCHREALTIME"
  shift
  run_logged command "$*" "$@"
  record "$name" "$(jq --null-input "$EPOCHREALTIME - $start")"
}

# query_spawns FILTER: applies a jq filter to the execution log of the last build.
query_spawns() { jq --raw-output "$1" "$log"; }

# The tool's actions ignore the disk cache, which may have results of an earlier run.
build() {
  rm -f "$log"
  in_copy build --modify_execution_info='OCI.*=+no-cache' --execution_log_json_file="$log" "$@"
}

# record_actions NAME MNEMONICS: the total execution time of the last build's actions whose mnemonic matches the regular expression.
record_actions() {
  local seconds='rtrimstr("s") | tonumber'
  record "$1" "$(jq --slurp "[.[] | select(.mnemonic | test(\"^($2)\$\")) | .metrics.executionWallTime | $seconds] | add" "$log")"
}

# print_row NAME: median, minimum and maximum, in milliseconds.
print_row() {
  jq --slurp --raw-output --arg name "$1" 'sort | map(. * 1000 | . * 10 | round / 10) |
    "| \($name) | \(.[length / 2 | floor]) | \(.[0]) | \(.[-1]) |"' "$(samples_file "$1")"
}

# print_ratio NAME BASELINE: of the medians.
print_ratio() {
  jq --null-input --raw-output --arg line "$1: %s times $2" --slurpfile from "$(samples_file "$1")" --slurpfile to "$(samples_file "$2")" \
    'def median: sort | .[length / 2 | floor];
    (($from | median) / ($to | median) * 10 | round / 10 | tostring) as $times | $line | sub("%s"; $times)'
}

print_header() { printf '\n%s\n\n| milliseconds | median | min | max |\n|---|---|---|---|\n' "$1"; }

# Deleting the image's output makes Bazel run only the image's action again.
measure_hello() {
  local round output
  run_logged command "the build of hello" build //services/hello:image
  output="$(readlink --canonicalize "$copy/bazel-bin/services/hello/hello.image")"
  for ((round = 0; round < rounds; round++)); do
    chmod --recursive u+w "$output"
    rm -r "$output"
    record_time "bazel build //services/hello:image" build //services/hello:image
    [[ "$(query_spawns .mnemonic)" == OCIImage ]] || check_failed "only the image's action runs" "$(query_spawns .mnemonic)"
    record_actions "hello's image action" OCIImage
  done
  print_header "hello's image, $rounds times (output deleted, only the image's action runs)"
  print_row "hello's image action"
  print_row "bazel build //services/hello:image"
}

# write_layer NUMBER TEXT: the tar of a file of 1 MB that consists of numbered copies of the text.
write_layer() {
  local directory="$scratch/layer"
  mkdir -p "$directory/app/$1"
  seq --format "$2 %.0f" 100000 | head --bytes 1000000 > "$directory/app/$1/data" || true
  tar --mtime=@0 --owner=0 --group=0 --numeric-owner --create --file "$context/$1.tar" --directory "$directory" "app/$1"
}

write_package() {
  local number
  mkdir -p "$context"
  {
    printf 'load("@rules_oci//oci:defs.bzl", "oci_image")\noci_image(name = "image", architecture = "amd64", os = "linux", tars = [\n'
    for ((number = 1; number <= layers; number++)); do printf '    "%s.tar",\n' "$number"; done
    printf '])\n'
  } > "$context/BUILD.bazel"
  {
    printf 'FROM scratch\n'
    for ((number = 1; number <= layers; number++)); do printf 'ADD %s.tar /\n' "$number"; done
  } > "$context/Containerfile"
}

assemble_with_umoci() {
  local number layout="$scratch/umoci"
  rm -rf "$layout"
  umoci init --layout "$layout"
  umoci new --image "$layout:image"
  for ((number = 1; number <= layers; number++)); do
    umoci raw add-layer --image "$layout:image" "$context/$number.tar"
  done
}

assemble_with_buildah() {
  rm -rf "$scratch/buildah.layout"
  "${buildah[@]}" build --layers --isolation chroot --tag bench --file "$context/Containerfile" "$context"
  "${buildah[@]}" push bench "oci:$scratch/buildah.layout:image"
}

measure_assembly() {
  record_time "bazel build, $1" build //bench:image
  query_spawns '"\(.mnemonic) \(.listedOutputs[0] | split("/")[-1])"' | sort > "$scratch/actions"
  record_actions "the layers' actions, $1" OCILayer
  record_actions "the image's action, $1" OCIImage
  record_actions "all the tool's actions, $1" 'OCILayer|OCIImage'
  record_time "umoci, $1" assemble_with_umoci
  record_time "buildah, $1" assemble_with_buildah
}

measure_twenty_layers() {
  local round number changes
  write_package
  for ((round = 0; round < rounds; round++)); do
    for ((number = 1; number <= layers; number++)); do write_layer "$number" "round $round of layer $number"; done
    measure_assembly "all $layers layers new"
    write_layer "$changed" "round $round again, layer $changed"
    measure_assembly "one of $layers changed"
  done
  for changes in "all $layers layers new" "one of $layers changed"; do
    print_header "$layers layers of 1 MB, $changes, $rounds times"
    print_row "the layers' actions, $changes"
    print_row "the image's action, $changes"
    print_row "all the tool's actions, $changes"
    print_row "bazel build, $changes"
    print_row "umoci, $changes"
    print_row "buildah, $changes"
    printf '\n'
    print_ratio "umoci, $changes" "all the tool's actions, $changes"
    print_ratio "umoci, $changes" "bazel build, $changes"
    print_ratio "buildah, $changes" "all the tool's actions, $changes"
    print_ratio "buildah, $changes" "bazel build, $changes"
  done
  printf '\nActions run after a change of layer %s of %s:\n' "$changed" "$layers"
  sed 's/^/    /' "$scratch/actions"
}

main() {
  check_positive_integer ROUNDS "$rounds"
  need_packages umoci buildah jq
  mkdir -p "$figures"
  open_copy
  printf '%s, %s processors; %s; %s\n' "$(umoci --version)" "$(nproc)" "$("${buildah[@]}" --version)" "bazel 7.7.1"
  measure_hello
  measure_twenty_layers
  "${buildah[@]}" rmi --all --force > /dev/null 2>&1
}

main
