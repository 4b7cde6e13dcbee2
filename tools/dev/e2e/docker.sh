#!/usr/bin/env bash
# Verifies hello's image with a separate Docker engine: load, the image's configuration, a response, a clean stop, and the exit code of an
# invalid variable. Needs root and docker.io.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/e2e/lib/hello_container.sh
source "${BASH_SOURCE[0]%/*}/lib/hello_container.sh"

readonly image=hello:latest

main() {
  need_packages docker.io curl
  start_engine
  cd "$workspace"

  local output
  output="$(load_hello)"
  check_contains "load prints the image's name" "$image" "$output"
  local listing
  listing="$(docker images hello)"
  printf '%s\n' "$listing"
  check_contains "docker images lists the image" hello "$listing"

  tools/bazel build //services/hello:image.digest 2> "$scratch/digest.log"
  local user entrypoint
  user="$(docker inspect --format '{{.Config.User}}' "$image")"
  entrypoint="$(docker inspect --format '{{json .Config.Entrypoint}}' "$image")"
  check_equal "the user" 65532 "$user"
  check_equal "the entrypoint" '["/hello"]' "$entrypoint"

  start_hello_container
  check_equal "the response" "Hello World" "$(curl --silent --show-error --max-time 10 "http://$address/")"

  docker stop --time 10 "$container" > /dev/null
  check_equal "the exit code after docker stop" 0 "$(docker inspect --format '{{.State.ExitCode}}' "$container")"

  local status=0
  docker run --rm --network host --read-only --env PORT=no "$image" > "$scratch/bad.log" 2>&1 || status=$?
  check_equal "the exit code of an invalid PORT" 64 "$status"
  report_checks
}

main
