#!/usr/bin/env bash
# Verifies that hello's image is not rebuilt after a touch, a comment or in another environment, and that it is after a change.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

build() {
  run_logged build "the build" in_copy build //services/hello:image //services/hello:image.digest
}

# check_up_to_date LABEL: the last build ran only internal actions, such as the workspace status and symlinks.
check_up_to_date() {
  local processes
  processes="$(sed -n 's/.*INFO: \([0-9]* process.*\)/\1/p' "$scratch/build.log")"
  [[ "$processes" =~ ^[0-9]+\ process(es)?:\ [0-9]+\ internal\.$ ]] || check_failed "$1" "expected: only internal processes" "found:    $processes"
  passed "$1"
}

keeps_outputs() {
  build
  check_up_to_date "an unchanged tree"
  (cd "$copy" && touch services/hello/src/main.rs services/hello/BUILD.bazel Cargo.toml Cargo.lock)
  build
  check_up_to_date "changed timestamps"
  printf '\n# A comment.\n' >> "$copy/services/hello/BUILD.bazel"
  build
  check_up_to_date "a comment in a BUILD file"
  USER=someone LOGNAME=someone TZ=Asia/Tokyo LANG=de_DE.UTF-8 TERM=dumb PATH="$scratch:$PATH" EDITOR=ed build
  check_up_to_date "another user, time zone, language and PATH"
  (cd "$copy/services/hello" && ../../tools/bazel build :image > "$scratch/build.log" 2>&1)
  check_up_to_date "a build in a subdirectory"
}

rebuilds_after_change() {
  local before changed="$copy/services/hello/src/lib.rs"
  before="$(hello_image_digest)"
  cp "$changed" "$scratch/lib.rs"
  sed -i 's/Hello World/Hello Moon/' "$changed"
  build
  [[ "$(hello_image_digest)" != "$before" ]] || check_failed "a changed program has another digest"
  passed "a changed program has another digest"
  cp "$scratch/lib.rs" "$changed"
  build
  check_equal "the original digest after the change is reverted" "$before" "$(hello_image_digest)"
}

main() {
  open_copy
  build
  keeps_outputs
  rebuilds_after_change
  report_checks
}

main
