#!/usr/bin/env bash
# Nothing is built again without need: not after a touch, a comment, or in another environment; a real change is built.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

build() {
  run_logged build "the build" in_copy build //services/hello:image //services/hello:image.digest
}

digest() { printf '%s' "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"; }

# nothing_built WHAT: the last build ran no action but Bazel's own bookkeeping.
nothing_built() {
  local processes
  processes="$(sed -n 's/.*INFO: \([0-9]* process.*\)/\1/p' "$scratch/build.log")"
  [[ "$processes" =~ ^1\ process:\ 1\ internal ]] || check_failed "$1" "expected: 1 process: 1 internal" "found:    $processes"
  passed "$1"
}

nothing_is_built_again() {
  build
  nothing_built "the same again"
  (cd "$copy" && touch services/hello/src/main.rs services/hello/BUILD.bazel Cargo.toml Cargo.lock)
  build
  nothing_built "after a bare touch"
  printf '\n# A comment.\n' >> "$copy/services/hello/BUILD.bazel"
  build
  nothing_built "after a comment in a BUILD file"
  USER=someone LOGNAME=someone TZ=Asia/Tokyo LANG=de_DE.UTF-8 TERM=dumb PATH="$scratch:$PATH" EDITOR=ed build
  nothing_built "for another user, time zone, language and PATH"
  (cd "$copy/services/hello" && ../../tools/bazel build :image > "$scratch/build.log" 2>&1)
  nothing_built "from a subdirectory"
}

# The case in which the checks above fail.
a_change_is_built() {
  local before changed="$copy/services/hello/src/lib.rs"
  before="$(digest)"
  cp "$changed" "$scratch/lib.rs"
  sed -i 's/Hello World/Hello Moon/' "$changed"
  build
  [[ "$(digest)" != "$before" ]] || check_failed "another program has another digest"
  passed "another program has another digest"
  cp "$scratch/lib.rs" "$changed"
  build
  check_equal "the digest after the change is undone" "$before" "$(digest)"
}

main() {
  open_copy
  build
  nothing_is_built_again
  a_change_is_built
  report_checks
}

main
