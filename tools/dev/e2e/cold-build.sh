#!/usr/bin/env bash
# Verifies that a CI container without cache and network builds hello's image, with its crates and tools, and the CI image as the machine does.
# Needs root and docker; takes 3 minutes. `.ci/run` repeats it if the root, toolchains or crates have changed.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/e2e/lib/ci_container.sh
source "${BASH_SOURCE[0]%/*}/lib/ci_container.sh"

readonly checkout="$scratch/checkout"

# Without network and without a cache, as a user whom the image's /etc/passwd lacks, like the user of README's command.
builds_hello() {
  local started=$SECONDS found
  start_container offline 1002
  build_hello offline
  printf 'hello in a CI container, without a cache: %s s\n' "$((SECONDS - started))"
  check_equal "hello's digest, built in a CI container without network" "$(root_digest "$(layout_of //services/hello:image)")" "$(built_digest offline services/hello/hello.image)"
  run_logged program "hello's program in a CI container" in_container offline tools/bazel build //services/hello:hello.release
  check_equal "hello's program, built in a CI container without network" "$(sha256sum < "$(layout_of //services/hello:hello.release)")" "$(in_container offline cat bazel-bin/services/hello/hello.release | sha256sum)"
  found="$(action_counts "$scratch/offline.log")"
  [[ "$found" == *linux-sandbox* && "$found" != *'cache hit'* ]] || check_failed "no action is a cache hit" "found: $found"
  passed "no action is a cache hit"
  if grep 'thimble:' "$scratch/offline.log"; then check_failed "no set-up runs in a CI container"; fi
  passed "no set-up runs in a CI container"
}

# Reuses the container of builds_hello.
builds_ci_image() {
  run_logged rebuild "the CI image in a CI container" in_container offline tools/bazel build //platforms/ci:image
  check_equal "the CI image's digest, built in a CI container" "$(root_digest "$(layout_of //platforms/ci:image)")" "$(built_digest offline platforms/ci/image)"
}

main() {
  need_packages docker.io jq
  cd "$workspace"
  run_logged build "the images" tools/bazel build --color=no --curses=no //services/hello:hello.release //services/hello:image //platforms/ci:image
  start_engine overlay2
  load_image //platforms/ci:load
  builds_hello
  builds_ci_image
  report_checks
}

main
