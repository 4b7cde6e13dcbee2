#!/usr/bin/env bash
# How long images take to assemble: hello's, and one of 20 layers, beside umoci and buildah on the same files in the same run.
# Prints its figures; judges none of them.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly rounds="${1:-7}" layers=20 changed=10
readonly log="$scratch/execution.json" figures="$scratch/figures"
readonly context="$copy/bench"
readonly buildah=(buildah --root "$scratch/buildah" --runroot "$scratch/buildah-run" --storage-driver vfs)

# note WHAT SECONDS
note() { printf '%s\n' "$2" >> "$(figure "$1")"; }

# figure WHAT: the file of what was measured so far.
figure() { printf '%s' "$figures/${1//\//_}"; }

# timed WHAT COMMAND [ARG...]
timed() {
  local what="$1" start="$EPOCHREALTIME"
  shift
  "$@" > "$scratch/command.log" 2>&1 || check_failed "$*" "$(tail -n 20 "$scratch/command.log")"
  note "$what" "$(jq --null-input "$EPOCHREALTIME - $start")"
}

# spawns FILTER: of the last build.
spawns() { jq --raw-output "$1" "$log"; }

# What a user's disk cache has of an earlier run is made again.
build() {
  rm -f "$log"
  in_copy build --modify_execution_info='OCI.*=+no-cache' --execution_log_json_file="$log" "$@"
}

# note_actions WHAT MNEMONICS: what Bazel counted for the runs of the tool in the last build, by a regular expression.
note_actions() {
  local seconds='rtrimstr("s") | tonumber'
  note "$1" "$(jq --slurp "[.[] | select(.mnemonic | test(\"^($2)\$\")) | .metrics.executionWallTime | $seconds] | add" "$log")"
}

# row WHAT: median, least and most, in milliseconds.
row() {
  jq --slurp --raw-output --arg what "$1" 'sort | map(. * 1000 | . * 10 | round / 10) |
    "| \($what) | \(.[length / 2 | floor]) | \(.[0]) | \(.[-1]) |"' "$(figure "$1")"
}

# ratio WHAT TO
ratio() {
  jq --null-input --raw-output --arg line "$1: %s times $2" --slurpfile from "$(figure "$1")" --slurpfile to "$(figure "$2")" \
    'def median: sort | .[length / 2 | floor];
    (($from | median) / ($to | median) * 10 | round / 10 | tostring) as $times | $line | sub("%s"; $times)'
}

head_row() { printf '\n%s\n\n| what, in milliseconds | median | least | most |\n|---|---|---|---|\n' "$1"; }

# The action runs again when its output is gone; nothing else does.
hello() {
  local round output
  build //services/hello:image > "$scratch/command.log" 2>&1 || check_failed "the build of hello" "$(tail -n 20 "$scratch/command.log")"
  output="$(readlink --canonicalize "$copy/bazel-bin/services/hello/hello.image")"
  for ((round = 0; round < rounds; round++)); do
    chmod --recursive u+w "$output"
    rm -r "$output"
    timed "bazel build //services/hello:image" build //services/hello:image
    [[ "$(spawns .mnemonic)" == OCIImage ]] || check_failed "the image's action alone runs" "$(spawns .mnemonic)"
    note_actions "hello's image action" OCIImage
  done
  head_row "hello's image, $rounds times (its output removed: the image's action alone runs)"
  row "hello's image action"
  row "bazel build //services/hello:image"
}

# write_layer NUMBER WORD: a file of 1 MB that the word tells apart, and the tar of it.
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

umoci_assembles() {
  local number layout="$scratch/umoci"
  rm -rf "$layout"
  umoci init --layout "$layout"
  umoci new --image "$layout:image"
  for ((number = 1; number <= layers; number++)); do
    umoci raw add-layer --image "$layout:image" "$context/$number.tar"
  done
}

buildah_assembles() {
  rm -rf "$scratch/buildah.layout"
  "${buildah[@]}" build --layers --isolation chroot --tag bench --file "$context/Containerfile" "$context"
  "${buildah[@]}" push bench "oci:$scratch/buildah.layout:image"
}

assemble() {
  timed "bazel build, $1" build //bench:image
  spawns '"\(.mnemonic) \(.listedOutputs[0] | split("/")[-1])"' | sort > "$scratch/actions"
  note_actions "the layers' actions, $1" OCILayer
  note_actions "the image's action, $1" OCIImage
  note_actions "all the tool's actions, $1" 'OCILayer|OCIImage'
  timed "umoci, $1" umoci_assembles
  timed "buildah, $1" buildah_assembles
}

twenty_layers() {
  local round number changes
  write_package
  for ((round = 0; round < rounds; round++)); do
    for ((number = 1; number <= layers; number++)); do write_layer "$number" "round $round of layer $number"; done
    assemble "all $layers layers new"
    write_layer "$changed" "round $round again, layer $changed"
    assemble "one of $layers changed"
  done
  for changes in "all $layers layers new" "one of $layers changed"; do
    head_row "$layers layers of 1 MB, $changes, $rounds times"
    row "the layers' actions, $changes"
    row "the image's action, $changes"
    row "all the tool's actions, $changes"
    row "bazel build, $changes"
    row "umoci, $changes"
    row "buildah, $changes"
    printf '\n'
    ratio "umoci, $changes" "all the tool's actions, $changes"
    ratio "umoci, $changes" "bazel build, $changes"
    ratio "buildah, $changes" "all the tool's actions, $changes"
    ratio "buildah, $changes" "bazel build, $changes"
  done
  printf '\nWhat ran when layer %s of %s changed:\n' "$changed" "$layers"
  sed 's/^/    /' "$scratch/actions"
}

main() {
  need_packages umoci buildah jq
  mkdir -p "$figures"
  open_copy
  printf '%s, %s processors; %s; %s\n' "$(umoci --version)" "$(nproc)" "$("${buildah[@]}" --version)" "bazel 7.7.1"
  hello
  twenty_layers
  "${buildah[@]}" rmi --all --force > /dev/null 2>&1
}

main
