#!/usr/bin/env bash
# Verifies that a stamp adds one layer: another commit compiles nothing and changes no layer below it, and unstamped images contain no stamp.
# Pushes are tagged with the commit. Needs git and jq.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly log="$scratch/execution.json"
readonly layout="$copy/bazel-bin/services/hello/hello.image"

# build [FLAG...]: builds hello's image with the execution log $log.
build() {
  rm -f "$log"
  run_logged build "the build" in_copy build --execution_log_json_file="$log" "$@" //services/hello:image //services/hello:image.digest
}

blob() { printf '%s/blobs/%s' "$layout" "${1/://}"; }

# layers: the digest of each layer.
layers() { jq --raw-output '.layers[].digest' "$(blob "$(jq --raw-output '.manifests[0].digest' "$layout/index.json")")"; }

# executed MNEMONIC: targets with such actions in the execution log, including cache hits, which would hide a required action.
executed() { jq --raw-output "select(.mnemonic == \"$1\") | .targetLabel" "$log"; }

in_git() { git -C "$copy" -c user.name=e2e -c user.email=e2e@localhost "$@"; }

commit() {
  in_git add --all
  in_git commit --quiet --allow-empty --message "$1"
}

rejects_missing_commit() {
  local output status=0
  output="$(in_copy build --config=release //services/hello:image 2>&1)" || status=$?
  check_equal "the exit code without a commit" 1 "$status"
  check_contains "without a commit: the message" "commit first:" "$output"
}

rejects_stamp_flag() {
  local output status=0
  output="$(in_copy build --stamp //services/hello:image 2>&1)" || status=$?
  check_equal "the exit code of --stamp alone" 1 "$status"
  check_contains "--stamp alone: the message names the config" "--config=release" "$output"
}

# As of a checkout that another user owns. Git has a variable for its own tests. The machine's configuration may trust all repositories.
rejects_repository_of_another_user() {
  local output status=0
  output="$(cd "$copy" && GIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null tools/workspace_status.sh 2>&1)" || status=$?
  check_equal "a repository of another user: the exit code" 1 "$status"
  check_contains "a repository of another user: git's message" "safe.directory" "$output"
  [[ "$output" != *'git init'* ]] || check_failed "a repository of another user: the message does not suggest git init" "$output"
  passed "a repository of another user: the message does not suggest git init"
}

warns_of_shallow_clone() {
  in_git rev-parse HEAD > "$copy/.git/shallow"
  check_contains "a shallow clone without a tag: the command" "    git fetch --unshallow --tags" "$(cd "$copy" && tools/workspace_status.sh 2>&1)"
  rm "$copy/.git/shallow"
}

builds_without_stamp() {
  local layer
  build
  plain_digest="$(hello_image_digest)"
  plain_layers="$(layers)"
  for layer in $plain_layers; do tar --list --gzip --file "$(blob "$layer")"; done > "$scratch/files"
  check_equal "the unstamped image has no build-info" "" "$(grep 'build-info' "$scratch/files" || true)"
}

builds_with_stamp() {
  build --config=release
  first_layers="$(layers)"
  check_equal "the layers below the stamp are those of the unstamped image" "$plain_layers" "$(head -n -1 <<< "$first_layers")"
  check_equal "the first stamp compiles nothing" "" "$(executed Rustc)"
  check_stamp "the first commit"
}

# check_stamp LABEL: the top layer must contain only a file with the copy's commit.
check_stamp() {
  local top
  top="$(blob "$(layers | tail -n 1)")"
  check_equal "$1: the top layer's files" "etc/build-info" "$(tar --list --gzip --file "$top" | sed 's,^\./,,' | grep -v '/$')"
  check_equal "$1: the commit in the stamp" "$(in_git rev-parse HEAD)" \
    "$(tar --extract --gzip --to-stdout --wildcards --file "$top" '*build-info' | sed --quiet 's/^commit=//p')"
}

builds_another_commit() {
  commit second
  in_git tag v9.8.7
  build --config=release
  check_equal "another commit compiles nothing" "" "$(executed Rustc)"
  check_equal "another commit keeps the layers below the stamp" "$(head -n -1 <<< "$first_layers")" "$(layers | head -n -1)"
  [[ "$(tail -n 1 <<< "$first_layers")" != "$(layers | tail -n 1)" ]] || check_failed "another commit has another stamp"
  passed "another commit has another stamp"
  check_stamp "the second commit"
}

# Requests /version on the operations port.
serves_version() {
  local expected
  expected="$(jq --null-input --compact-output --arg commit "$(in_git rev-parse HEAD)" \
    '{name: "hello", version: "9.8.7", target: "x86_64-linux-musl", commit: $commit}')"
  run_logged boot "/version of the stamped image" in_copy run --config=release //tools/image/check:image_check -- boot "$layout" --probe-path /version --port 9090 \
    --probe-body "$expected"
  passed "/version of the stamped image is $expected"
}

passes_gates() {
  in_copy test //services/hello:gates > "$scratch/test.log" 2>&1 || check_failed "the gates" "$(tail -n 20 "$scratch/test.log")"
  rm -f "$log"
  in_copy test --config=release --execution_log_json_file="$log" //services/hello:gates > "$scratch/test.log" 2>&1 ||
    check_failed "the gates of a stamped image" "$(grep --extended-regexp 'ERROR|FAILED|expected' "$scratch/test.log" | head -n 20)"
  passed "the gates of a stamped image"
  check_equal "a stamp runs these gates again" "//services/hello:hello.debug_test" "$(executed TestRunner | sort --unique)"
  check_equal "the gates of a stamped image compile nothing" "" "$(executed Rustc)"
}

# Also for the CI and dev images, whose digests a stamp does not change.
tags_pushes_with_commit() {
  local push
  for push in //services/hello:hello.push_index //platforms/ci:push //platforms/dev:push; do
    check_equal "the tags of $push" //tools/image:remote_tags "$(in_copy query "labels(remote_tags, $push)" 2> "$scratch/query.log")"
  done
  run_logged tags "the tags" in_copy build --config=release //tools/image:remote_tags
  check_equal "the tags of a stamped push" "latest $(in_git rev-parse HEAD) 9.8.7" "$(xargs < "$copy/bazel-bin/tools/image/remote_tags.txt")"
}

marks_dirty_tree() {
  printf '\n' >> "$copy/README.md"
  build --config=release
  check_contains "a modified tree is marked dirty" "-dirty" \
    "$(tar --extract --gzip --to-stdout --wildcards --file "$(blob "$(layers | tail -n 1)")" '*build-info')"
}

restores_unstamped_digest() {
  build
  check_equal "an unstamped build restores the digest" "$plain_digest" "$(hello_image_digest)"
}

main() {
  need_packages git jq
  open_copy
  in_git init --quiet
  rejects_missing_commit
  commit first
  rejects_repository_of_another_user
  warns_of_shallow_clone
  builds_without_stamp
  builds_with_stamp
  builds_another_commit
  serves_version
  passes_gates
  tags_pushes_with_commit
  marks_dirty_tree
  rejects_stamp_flag
  restores_unstamped_digest
  report_checks
}

main
