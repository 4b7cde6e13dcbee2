#!/usr/bin/env bash
# Verifies hello's image index: docker loads each platform's image, and skopeo and docker pull it from a registry with the same digests. Needs
# root and docker.io.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"

readonly architectures=(amd64 arm64)
readonly layout="$workspace/bazel-bin/services/hello/hello.image_index"
declare -A manifest_of config_of

blob() { printf '%s/blobs/%s' "$layout" "${1/://}"; }

build() {
  local architecture
  run_logged build "bazel build //services/hello:image_index" tools/bazel build //services/hello:image_index //services/hello:image_index.digest
  index_digest="$(< "$layout.json.sha256")"
  check_equal "image_index.digest is the index's digest" "$(root_digest "$layout")" "$index_digest"
  check_equal "the index has the expected platforms" "linux/amd64 linux/arm64/v8" "$(platforms_of "$(blob "$index_digest")")"
  for architecture in "${architectures[@]}"; do
    manifest_of[$architecture]="$(jq --raw-output --arg it "$architecture" '.manifests[] | select(.platform.architecture == $it).digest' "$(blob "$index_digest")")"
    config_of[$architecture]="$(jq --raw-output .config.digest "$(blob "${manifest_of[$architecture]}")")"
  done
}

platforms_of() { jq --raw-output '[.manifests[].platform | [.os, .architecture, .variant // empty] | join("/")] | join(" ")' "$1"; }

# check_load ARCHITECTURE TARGET
check_load() {
  run_logged load "bazel run //services/hello:$2" tools/bazel run "//services/hello:$2"
  check_equal "docker has the image for $1 after $2" "${config_of[$1]} linux/$1" \
    "$(docker inspect --format '{{.Id}} {{.Os}}/{{.Architecture}}' hello:latest)"
}

pushes_index() {
  local output
  output="$(tools/bazel run //services/hello:push -- --repository "$repository" 2> "$scratch/push.log")" ||
    check_failed "bazel run //services/hello:push" "$(tail -n 20 "$scratch/push.log")"
  check_equal "push prints the index's reference last" "$repository@$index_digest" "$(tail -n 1 <<< "$output")"
}

checks_registry_index() {
  skopeo inspect --tls-verify=false --raw "docker://$repository:latest" > "$scratch/raw"
  check_equal "the registry has the index under its digest" "$index_digest" "$(digest_of "$scratch/raw")"
  check_equal "the index in the registry has every platform" "linux/amd64 linux/arm64/v8" "$(platforms_of "$scratch/raw")"
}

# check_pull ARCHITECTURE: pulls with skopeo and docker.
check_pull() {
  local copy="$scratch/$1"
  skopeo copy --quiet --preserve-digests --override-os linux --override-arch "$1" --src-tls-verify=false "docker://$repository:latest" "oci:$copy:back"
  check_equal "skopeo pulls $1 with its digest" "${manifest_of[$1]}" "$(root_digest "$copy")"
  run_logged pull "docker pull for $1" docker pull --quiet --platform "linux/$1" "$repository:latest"
  check_equal "docker pulls $1 from the index with its digests" "${config_of[$1]} linux/$1 [$repository@$index_digest]" \
    "$(docker inspect --format '{{.Id}} {{.Os}}/{{.Architecture}} {{.RepoDigests}}' "$repository:latest")"
  # docker assigns the index's digest to one image at a time.
  docker rmi "$repository:latest" > /dev/null
}

main() {
  need_packages docker.io docker-registry skopeo jq
  start_engine
  start_registry open
  cd "$workspace"
  readonly repository="${registry_address[open]}/team/hello"
  build
  check_load arm64 load_arm64
  check_load amd64 load
  pushes_index
  checks_registry_index
  local architecture
  for architecture in "${architectures[@]}"; do check_pull "$architecture"; done
  report_checks
}

main
