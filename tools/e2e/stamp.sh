#!/usr/bin/env bash
# A stamp costs one layer: with another commit nothing is compiled or linked, the layers below are the same, and the
# image without a stamp knows nothing of it.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly log="$scratch/execution.json"
readonly layout="$copy/bazel-bin/services/hello/hello.image"

# build [FLAG...]: hello's image; what was executed is in $log.
build() {
  rm -f "$log"
  run_logged build "the build" in_copy build --execution_log_json_file="$log" "$@" //services/hello:image //services/hello:image.digest
}

digest() { printf '%s' "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"; }

# blob DIGEST: its file.
blob() { printf '%s/blobs/%s' "$layout" "${1/://}"; }

# layers: the digests of the image's layers, a line each.
layers() { jq --raw-output '.layers[].digest' "$(blob "$(jq --raw-output '.manifests[0].digest' "$layout/index.json")")"; }

# executed MNEMONIC: targets whose action of that kind ran, or was taken from a disk cache, which would hide that it had to run.
executed() { jq --raw-output "select(.mnemonic == \"$1\") | .targetLabel" "$log"; }

in_git() { git -C "$copy" -c user.name=e2e -c user.email=e2e@localhost "$@"; }

commit() {
  in_git add --all
  in_git commit --quiet --allow-empty --message "$1"
}

without_git() {
  local output status=0
  output="$(in_copy build --config=release //services/hello:image 2>&1)" || status=$?
  check_equal "the exit code without a commit" 1 "$status"
  check_contains "without a commit it is said what to do" "commit first:" "$output"
}

by_stamp_alone() {
  local output status=0
  output="$(in_copy build --stamp //services/hello:image 2>&1)" || status=$?
  check_equal "the exit code of --stamp alone" 1 "$status"
  check_contains "--stamp alone is told the config" "--config=release" "$output"
}

without_a_stamp() {
  local layer
  build
  plain_digest="$(digest)"
  plain_layers="$(layers)"
  for layer in $plain_layers; do tar --list --gzip --file "$(blob "$layer")"; done > "$scratch/files"
  check_equal "files in the default image that tell of a build" "" "$(grep 'build-info' "$scratch/files" || true)"
}

with_a_stamp() {
  build --config=release
  first_layers="$(layers)"
  check_equal "below the stamp is the image without one" "$plain_layers" "$(head -n -1 <<< "$first_layers")"
  check_equal "nothing is compiled for the first stamp" "" "$(executed Rustc)"
  check_stamp "the first commit"
}

# check_stamp WHAT: the top layer holds one file, which names the commit of the copy.
check_stamp() {
  local top
  top="$(blob "$(layers | tail -n 1)")"
  check_equal "$1: the top layer's files" "etc/build-info" "$(tar --list --gzip --file "$top" | sed 's,^\./,,' | grep -v '/$')"
  check_equal "$1: the commit in it" "$(in_git rev-parse HEAD)" \
    "$(tar --extract --gzip --to-stdout --wildcards --file "$top" '*build-info' | sed --quiet 's/^commit=//p')"
}

another_commit() {
  commit second
  in_git tag v9.8.7
  build --config=release
  check_equal "nothing is compiled for another commit" "" "$(executed Rustc)"
  check_equal "the layers below are those of the first" "$(head -n -1 <<< "$first_layers")" "$(layers | head -n -1)"
  [[ "$(tail -n 1 <<< "$first_layers")" != "$(layers | tail -n 1)" ]] || check_failed "another commit has another stamp"
  passed "another commit has another stamp"
  check_stamp "the second commit"
}

# The image's own /version, on the operations' port.
the_service_says_it() {
  local expected
  expected="$(jq --null-input --compact-output --arg commit "$(in_git rev-parse HEAD)" \
    '{name: "hello", version: "9.8.7", target: "x86_64-linux-musl", commit: $commit}')"
  run_logged boot "/version of the stamped image" in_copy run --config=release //tools/image/check:image_check -- boot "$layout" --probe-path /version --port 9090 \
    --probe-body "$expected"
  passed "/version of the stamped image is $expected"
}

gates_hold() {
  in_copy test --config=release //services/hello:gates > "$scratch/test.log" 2>&1 ||
    check_failed "the gates of a stamped image" "$(grep --extended-regexp 'ERROR|FAILED|expected' "$scratch/test.log" | head -n 20)"
  passed "the gates of a stamped image"
}

a_change_is_told() {
  printf '\n' >> "$copy/README.md"
  build --config=release
  check_contains "a tree that is not the commit's is told" "-dirty" \
    "$(tar --extract --gzip --to-stdout --wildcards --file "$(blob "$(layers | tail -n 1)")" '*build-info')"
}

none_of_it_stays() {
  build
  check_equal "without a stamp the digest of before" "$plain_digest" "$(digest)"
}

main() {
  need_packages git jq
  open_copy
  in_git init --quiet
  without_git
  commit first
  without_a_stamp
  with_a_stamp
  another_commit
  the_service_says_it
  gates_hold
  a_change_is_told
  by_stamp_alone
  none_of_it_stays
  report_checks
}

main
