#!/usr/bin/env bash
# The image is the same bytes wherever it is built, and nothing is built again that need not be.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

readonly copy="$scratch/elsewhere/a/longer/path"
readonly digest_file=bazel-bin/services/hello/image.json.sha256

build() { tools/bazel build //services/hello:image //services/hello:image.digest > "$scratch/build.log" 2>&1 || check_failed "the build" "$(tail -n 20 "$scratch/build.log")"; }

# nothing_built WHAT: the last build ran no action but Bazel's own bookkeeping.
nothing_built() {
  local processes
  processes="$(sed -n 's/.*INFO: \([0-9]* process.*\)/\1/p' "$scratch/build.log")"
  [[ "$processes" =~ ^1\ process:\ 1\ internal ]] || check_failed "$1" "expected: 1 process: 1 internal" "found:    $processes"
  passed "$1"
}

stop_bazel() { (cd "$copy" && tools/bazel clean --expunge); }

elsewhere_the_same_bytes() {
  cd "$workspace"
  build
  here="$(< "$digest_file")"
  copy_workspace "$copy"
  # Another clock, as far as files can tell.
  find "$copy" -exec touch --no-dereference --date 2001-02-03T04:05:06Z {} +
  at_end stop_bazel
  cd "$copy"
  # Built here and not taken from elsewhere: no cache is shared.
  build
  [[ "$(< "$scratch/build.log")" == *linux-sandbox* ]] || check_failed "the copy is built, not cached"
  check_equal "the digest in another folder, with files of another time" "$here" "$(< "$digest_file")"
}

nothing_is_built_again() {
  cd "$copy"
  build
  nothing_built "the same again"
  touch services/hello/src/main.rs services/hello/BUILD.bazel Cargo.toml Cargo.lock
  build
  nothing_built "after a bare touch"
  printf '\n# A comment.\n' >> services/hello/BUILD.bazel
  build
  nothing_built "after a comment in a BUILD file"
  USER=someone LOGNAME=someone TZ=Asia/Tokyo LANG=de_DE.UTF-8 TERM=dumb PATH="$scratch:$PATH" EDITOR=ed build
  nothing_built "for another user, time zone, language and PATH"
  (cd services/hello && ../../tools/bazel build :image > "$scratch/build.log" 2>&1)
  nothing_built "from a subfolder"
}

# What the checks above would see if they could not fail.
a_change_is_seen() {
  cd "$copy"
  cp services/hello/src/lib.rs "$scratch/lib.rs"
  sed -i 's/Hello World/Hello Moon/' services/hello/src/lib.rs
  build
  [[ "$(< "$digest_file")" != "$here" ]] || check_failed "another program has another digest"
  passed "another program has another digest"
  cp "$scratch/lib.rs" services/hello/src/lib.rs
  build
  check_equal "the change undone, the digest of before" "$here" "$(< "$digest_file")"
}

main() {
  elsewhere_the_same_bytes
  nothing_is_built_again
  a_change_is_seen
  printf '%s checks passed\n' "$checks_passed"
}

main
