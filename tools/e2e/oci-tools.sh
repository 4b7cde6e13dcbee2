#!/usr/bin/env bash
# Verifies that skopeo, umoci, oci-image-tool, podman and Docker's engine read and load the rules' images without changes. Needs root and the
# listed packages.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/e2e/lib/test_layers.sh
source "${BASH_SOURCE[0]%/*}/lib/test_layers.sh"
# shellcheck source=tools/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"

write_package() {
  cat > "$layers_package/BUILD.bazel" <<'BUILD'
load("@rules_oci//oci:defs.bzl", "oci_image", "oci_image_index", "oci_load")

[
    oci_image(
        name = name,
        architecture = "amd64",
        entrypoint = ["/app/program"],
        env = {"PATH": "/app"},
        labels = {"title": "two words"},
        os = "linux",
        tars = tars,
        user = "65532",
    )
    for name, tars in {
        "image": ["plain.tar", "gzip.tar.gz", "zstd.tar.zst"],
        "without_zstd": ["plain.tar", "gzip.tar.gz"],
    }.items()
]

oci_image_index(
    name = "index",
    images = [":without_zstd"],
)

oci_load(
    name = "load",
    image = ":image",
    repo_tags = ["thimble-e2e:latest"],
)

oci_load(
    name = "load_index",
    format = "oci",
    image = ":index",
    repo_tags = ["thimble-e2e-index:latest"],
)
BUILD
}

build() {
  run_logged build "the build" in_copy build --output_groups=+tarball //e2e:image //e2e:without_zstd //e2e:index //e2e:load //e2e:load_index //services/hello:image
  bin="$copy/bazel-bin"
}

# skopeo_round_trip NAME LAYOUT: copies to a directory and back to a layout, $scratch/NAME.copy:latest.
skopeo_round_trip() {
  local name="$1" layout="$2" digest raw
  digest="$(root_digest "$layout")"
  skopeo inspect --raw "oci:$layout" > "$scratch/$name.raw"
  raw="$(digest_of "$scratch/$name.raw")"
  check_equal "skopeo inspect --raw reads $name" "$digest" "$raw"
  skopeo copy --quiet --all --preserve-digests "oci:$layout" "dir:$scratch/$name.dir"
  check_equal "skopeo copy to a directory keeps the digest of $name" "$digest" "$(digest_of "$scratch/$name.dir/manifest.json")"
  skopeo copy --quiet --all --preserve-digests "dir:$scratch/$name.dir" "oci:$scratch/$name.copy:latest"
  check_equal "a round trip by skopeo keeps the digest of $name" "$digest" "$(root_digest "$scratch/$name.copy")"
  local blob
  for blob in "$layout"/blobs/sha256/*; do
    cmp "$blob" "$scratch/$name.copy/blobs/sha256/${blob##*/}" || check_failed "a round trip keeps every blob of $name" "$blob"
  done
  passed "a round trip keeps every blob of $name"
}

skopeo_reads_config() {
  local config
  config="$(skopeo inspect --config "oci:$bin/e2e/image" | jq --compact-output '.config')"
  check_equal "skopeo inspect --config" \
    '{"User":"65532","Env":["PATH=/app"],"Entrypoint":["/app/program"],"Labels":{"title":"two words"}}' "$config"
}

# oci_image_tool_validates NAME LAYOUT
oci_image_tool_validates() {
  local output
  cp --recursive --dereference "$2" "$scratch/$1.whole"
  output="$(oci-image-tool validate --type image "$scratch/$1.whole" 2>&1)" || check_failed "oci-image-tool validate $1" "$output"
  check_contains "oci-image-tool validate $1" "Validation succeeded" "$output"
}

# The check must be able to fail.
oci_image_tool_detects_faults() {
  local output
  cp --recursive "$scratch/without_zstd.whole" "$scratch/broken.whole"
  rm "$scratch/broken.whole/blobs/sha256/$(sha256sum < "$layers_package/plain.tar" | cut -c1-64)"
  if output="$(oci-image-tool validate --type image "$scratch/broken.whole" 2>&1)"; then
    check_failed "oci-image-tool detects a missing layer" "$output"
  fi
  passed "oci-image-tool detects a missing layer"
}

# umoci_unpacks NAME LAYER...: unpacks skopeo's copy, which has the tag that umoci requires.
umoci_unpacks() {
  local name="$1"
  shift
  run_logged umoci "umoci unpack $name" umoci unpack --rootless --image "$scratch/$name.copy:latest" "$scratch/$name.bundle"
  expected_tree "$scratch/$name.expected" "$@"
  check_equal "umoci unpacks the layers of $name" "$(listing "$scratch/$name.expected")" "$(listing "$scratch/$name.bundle/rootfs")"
}

blobs_of() { jq --raw-output '.layers[].digest' "$scratch/$1.dir/manifest.json" | sed "s|^sha256:|$scratch/$1.dir/|"; }

config_digest() { jq --raw-output '.config.digest' "$scratch/$1.dir/manifest.json"; }

loads_into_podman() {
  local podman=(podman --root "$scratch/podman" --runroot "$scratch/podman-run" --storage-driver vfs --runtime runc)
  local mounted id
  run_logged podman "podman load" "${podman[@]}" load --quiet --input "$bin/e2e/load/tarball.tar"
  run_logged podman "podman load of an index" "${podman[@]}" load --quiet --input "$bin/e2e/load_index/tarball.tar"
  id="$("${podman[@]}" image inspect --format '{{.Id}}' thimble-e2e-index:latest)"
  check_equal "podman's id of the index's image is the config digest" "$(config_digest without_zstd)" "sha256:$id"
  mounted="$("${podman[@]}" image mount thimble-e2e:latest)"
  check_equal "podman unpacks the layers" "$(listing "$scratch/image.expected")" "$(listing "$mounted")"
  "${podman[@]}" image umount --all > /dev/null

  # A PATH with podman as the only engine.
  mkdir "$scratch/podman-only"
  ln --symbolic /bin/bash "$scratch/podman-only/bash"
  printf '#!/bin/bash\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec %s "$@"\n' "${podman[*]}" > "$scratch/podman-only/podman"
  chmod +x "$scratch/podman-only/podman"
  local round output
  "${podman[@]}" rmi --all --force > /dev/null
  for round in first second; do
    output="$(PATH="$scratch/podman-only" "$bin/e2e/load.sh" 2> "$scratch/load.log")" || check_failed "the $round load into podman" "$(< "$scratch/load.log")"
    check_contains "the $round load into podman" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$output"
    check_equal "podman has the image after the $round load" "$(config_digest image)" \
      "sha256:$("${podman[@]}" image inspect --format '{{.Id}}' thimble-e2e:latest)"
  done
  check_contains "the second load sends no layer to podman" "already there" "$output"
  "${podman[@]}" rmi --all --force > /dev/null
}

# The outputs under --nobuild_runfile_links: a script and a manifest. Setting the flag would rebuild the tool.
loads_without_runfile_links() {
  mkdir "$scratch/alone"
  cp "$bin/e2e/load.sh" "$scratch/alone/load.sh"
  cp "$bin/e2e/load.sh.runfiles_manifest" "$scratch/alone/load.sh.runfiles_manifest"
  output="$(cd "$scratch" && alone/load.sh 2> "$scratch/load.log")" || check_failed "load works without runfile links" "$(< "$scratch/load.log")"
  check_contains "load without runfile links restores a removed tag" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$output"
  [[ "$output" != *"already there"* ]] || check_failed "an image under another tag only is loaded" "$output"
}

# docker has the layers under another tag.
sends_docker_missing_blobs() {
  local config
  config="$(config_digest image)"
  mkdir "$scratch/docker-recorded"
  cat > "$scratch/docker-recorded/docker" <<SCRIPT
#!/bin/bash
PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[[ "\$1" == load ]] || exec docker "\$@"
tee "$scratch/sent.tar" | docker "\$@"
SCRIPT
  chmod +x "$scratch/docker-recorded/docker"
  docker rmi thimble-e2e:latest > /dev/null
  PATH="$scratch/docker-recorded:$PATH" "$bin/e2e/load.sh" > "$scratch/load.log" 2>&1 || check_failed "a load of known layers" "$(< "$scratch/load.log")"
  check_equal "docker receives the config and no layer" "blobs/sha256/${config#sha256:}" "$(tar --list --file "$scratch/sent.tar" | grep 'blobs/sha256/.')"
  check_equal "docker has the image after the load" "$config" "$(docker image inspect --format '{{.Id}}' thimble-e2e:latest)"
}

loads_into_docker() {
  start_engine
  local output id
  output="$(in_copy run //e2e:load 2> "$scratch/load.log")" || check_failed "bazel run //e2e:load" "$(tail -n 20 "$scratch/load.log")"
  check_contains "load prints the tag and the digest" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$output"
  id="$(docker image inspect --format '{{.Id}}' thimble-e2e:latest)"
  check_equal "docker's id of the image is the config digest" "$(config_digest image)" "$id"
  output="$(in_copy run //e2e:load 2> "$scratch/load.log")" || check_failed "a second load" "$(tail -n 20 "$scratch/load.log")"
  check_contains "the second load sends no layer to docker" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$(grep 'already there' <<< "$output")"
  docker tag thimble-e2e:latest thimble-e2e:kept
  docker rmi thimble-e2e:latest > /dev/null
  loads_without_runfile_links
  sends_docker_missing_blobs

  docker create --name "thimble-oci-$$" thimble-e2e:latest > /dev/null
  mkdir "$scratch/docker.tree"
  docker export "thimble-oci-$$" | tar --extract --preserve-permissions --directory "$scratch/docker.tree" app "etc/with spaces"
  check_equal "docker unpacks the layers" "$(listing "$scratch/image.expected")" "$(listing "$scratch/docker.tree")"
  docker rm "thimble-oci-$$" > /dev/null
}

main() {
  need_packages skopeo umoci oci-image-tool podman runc docker.io jq zstd
  open_copy
  create_layers
  write_package
  build
  skopeo_round_trip hello "$bin/services/hello/hello.image"
  skopeo_round_trip image "$bin/e2e/image"
  skopeo_round_trip without_zstd "$bin/e2e/without_zstd"
  skopeo_round_trip index "$bin/e2e/index"
  skopeo_reads_config

  # oci-image-tool and this umoci do not support zstd layers.
  oci_image_tool_validates hello "$bin/services/hello/hello.image"
  oci_image_tool_validates without_zstd "$bin/e2e/without_zstd"
  oci_image_tool_validates index "$bin/e2e/index"
  oci_image_tool_detects_faults

  local layers
  mapfile -t layers < <(blobs_of hello)
  umoci_unpacks hello "${layers[@]}"
  umoci_unpacks without_zstd "$layers_package/plain.tar" "$layers_package/gzip.tar.gz"
  expected_tree "$scratch/image.expected" "$layers_package/plain.tar" "$layers_package/gzip.tar.gz" "$layers_package/zstd.tar.zst"
  loads_into_podman
  loads_into_docker
  report_checks
}

main
