#!/usr/bin/env bash
# Verifies that skopeo, umoci, oci-image-tool, podman and Docker's engine read and load the rules' images without changes. Needs root and the
# listed packages.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/e2e/lib/test_layers.sh
source "${BASH_SOURCE[0]%/*}/lib/test_layers.sh"
# shellcheck source=tools/dev/e2e/lib/debian_forky.sh
source "${BASH_SOURCE[0]%/*}/lib/debian_forky.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
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
        "changed": ["plain.tar", "gzip.tar.gz", "zstd.tar.zst", "new.tar"],
        "recompressed": ["plain.tar", "second.tar.gz"],
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
    name = "load_changed",
    image = ":changed",
    repo_tags = ["thimble-e2e:latest", "example.com/thimble-e2e:changed"],
)

oci_load(
    name = "load_recompressed",
    image = ":recompressed",
    repo_tags = ["thimble-e2e:recompressed"],
)

oci_load(
    name = "load_index",
    format = "oci",
    image = ":index",
    repo_tags = ["thimble-e2e-index:latest"],
)
BUILD
}

# Layers of images that are loaded after the first: one with new files, and one with the content of gzip.tar.gz, compressed otherwise.
create_further_layers() {
  mkdir -p "$scratch/new/app"
  printf 'new\n' > "$scratch/new/app/new"
  tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --create --file "$layers_package/new.tar" --directory "$scratch/new" app
  gzip --no-name --fast < "$layers_package/second.tar" > "$layers_package/second.tar.gz"
}

build() {
  run_logged build "the build" in_copy build --output_groups=+tarball //e2e:image //e2e:without_zstd //e2e:index //e2e:load //e2e:load_index //e2e:load_changed //e2e:load_recompressed //services/hello:image
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

# Podman of Debian 12.
loads_into_podman_4() { loads_into_podman 4 podman --root "$scratch/podman" --runroot "$scratch/podman-run" --storage-driver vfs --runtime runc; }

# Podman of Debian forky, in its own root, which contains the machine's scratch directory.
loads_into_podman_5() {
  local root="$scratch/forky-root" link
  unpack_debian_forky_root "$root" podman
  mkdir -p "$root"/{proc,dev,sys,tmp,var/tmp,run,root} "$root$scratch"
  for link in bin sbin lib lib64; do [[ -e "$root/$link" ]] || ln --symbolic "usr/$link" "$root/$link"; done
  cat > "$scratch/podman-5" <<SCRIPT
#!/bin/bash
exec unshare --mount -- /bin/bash -c '
  for directory in /proc /dev /sys "$scratch"; do mount --bind "\$directory" "$root\$directory"; done
  HOME=/root PATH=/usr/sbin:/usr/bin PODMAN_IGNORE_CGROUPSV1_WARNING=1 exec /usr/sbin/chroot "$root" \
    podman --root "$scratch/podman-5.data" --runroot "$scratch/podman-5.run" --storage-driver vfs "\$@"
' podman "\$@"
SCRIPT
  chmod +x "$scratch/podman-5"
  loads_into_podman 5 "$scratch/podman-5"
}

# loads_into_podman VERSION COMMAND...
loads_into_podman() {
  local version="podman $1" podman=("${@:2}") mounted id
  check_contains "the version of $version" " $1." "$("${podman[@]}" --version)"
  run_logged podman "$version load" "${podman[@]}" load --quiet < "$bin/e2e/load/tarball.tar"
  run_logged podman "$version load of an index" "${podman[@]}" load --quiet < "$bin/e2e/load_index/tarball.tar"
  id="$("${podman[@]}" image inspect --format '{{.Id}}' thimble-e2e-index:latest)"
  check_equal "$version: the id of the index's image is the config digest" "$(config_digest without_zstd)" "sha256:$id"
  mounted="$("${podman[@]}" image mount thimble-e2e:latest)"
  check_equal "$version unpacks the layers" "$(listing "$scratch/image.expected")" "$(listing "$mounted")"
  "${podman[@]}" image umount --all > /dev/null
  "${podman[@]}" rmi --all --force > /dev/null

  record_engine podman "${podman[@]}"
  local round output
  for round in first second; do
    output="$(load_recorded podman load)" || check_failed "the $round load into $version" "$(< "$scratch/load.log")"
    check_contains "the $round load into $version" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$output"
    check_equal "$version has the image after the $round load" "$(config_digest image)" \
      "sha256:$("${podman[@]}" image inspect --format '{{.Id}}' thimble-e2e:latest)"
  done
  check_contains "the second load sends no layer to $version" "already there" "$output"
  sends_missing_blobs "$version" podman "$(changed_blobs manifest config)"
  check_equal "$version has the changed image under every tag" "example.com/thimble-e2e:changed localhost/thimble-e2e:latest" \
    "$("${podman[@]}" image inspect --format '{{join .RepoTags "\n"}}' "$(config_of "$bin/e2e/changed")" | sort | xargs)"
  mounted="$("${podman[@]}" image mount thimble-e2e:latest)"
  check_equal "$version unpacks the changed image" "$(listing "$scratch/changed.expected")" "$(listing "$mounted")"
  "${podman[@]}" image umount --all > /dev/null
  load_recorded podman load_index > "$scratch/load.out" || check_failed "$version: a load of an index" "$(< "$scratch/load.log")"
  check_contains "the second load sends no layer of an index to $version" "already there" "$(load_recorded podman load_index)"
  "${podman[@]}" rmi --all --force > /dev/null
}

# record_engine NAME COMMAND...: a directory for PATH with only this engine, which copies archives to $scratch/sent.tar.
record_engine() {
  local directory="$scratch/only-$1"
  mkdir -p "$directory"
  ln --symbolic --force /bin/bash "$directory/bash"
  cat > "$directory/$1" <<SCRIPT
#!/bin/bash
PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
[[ "\$1" == load ]] || exec ${*:2} "\$@"
tee "$scratch/sent.tar" | ${*:2} "\$@"
SCRIPT
  chmod +x "$directory/$1"
}

# load_recorded ENGINE TARGET
load_recorded() { PATH="$scratch/only-$1" "$bin/e2e/$2.sh" 2> "$scratch/load.log"; }

# sends_missing_blobs LABEL ENGINE BLOBS: the engine has the lower layers of the changed image.
sends_missing_blobs() {
  load_recorded "$2" load_changed > "$scratch/load.out" || check_failed "$1: a load of known layers" "$(< "$scratch/load.log")"
  check_equal "$1 receives only missing blobs" "$3" "$(tar --list --file "$scratch/sent.tar" | grep 'blobs/sha256/.' | sort | xargs)"
}

# config_of LAYOUT: the digest of the image's config.
config_of() { jq --raw-output .config.digest "$1/blobs/$(root_digest "$1" | tr : /)"; }

# changed_blobs manifest|config...: the named documents and the new layer of the changed image.
changed_blobs() {
  local name
  for name in "$@"; do
    case "$name" in
      manifest) root_digest "$bin/e2e/changed" ;;
      config) config_of "$bin/e2e/changed" ;;
    esac
  done | {
    cat
    digest_of "$layers_package/new.tar"
  } | sed 's|sha256:|blobs/sha256/|g' | sort | xargs
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
  docker_unpacks image thimble-e2e:latest
  record_engine docker docker
  sends_missing_blobs docker docker "$(changed_blobs config)"
  docker_unpacks changed thimble-e2e:latest
  stop_engine
}

# docker_unpacks NAME IMAGE: compares the files of a container with those of $scratch/NAME.expected.
docker_unpacks() {
  local container tree="$scratch/docker.tree"
  container="$(docker create "$2")"
  rm -rf "$tree"
  mkdir "$tree"
  docker export "$container" | tar --extract --preserve-permissions --directory "$tree" app "etc/with spaces"
  check_equal "docker unpacks the layers of $1" "$(listing "$scratch/$1.expected")" "$(listing "$tree")"
  docker rm "$container" > /dev/null
}

# The engine of Debian forky with the containerd image store.
loads_into_containerd() {
  unpack_debian_forky docker.io docker-cli containerd
  local engine_program engine_options output round PATH="$forky_bin:$PATH"
  engine_program="$scratch/forky/usr/sbin/dockerd"
  printf '{"features": {"containerd-snapshotter": true}}\n' > "$scratch/daemon.json"
  engine_options=(--config-file "$scratch/daemon.json")
  start_engine native
  record_engine docker "$forky_bin/docker"
  for round in first second; do
    output="$(load_recorded docker load)" || check_failed "the $round load into containerd" "$(< "$scratch/load.log")"
    check_contains "the $round load into containerd" "thimble-e2e:latest $(root_digest "$bin/e2e/image")" "$output"
  done
  check_contains "the second load sends no layer to containerd" "already there" "$output"
  check_equal "containerd's id of the image is the manifest digest" "$(root_digest "$bin/e2e/image")" \
    "$(docker image inspect --format '{{.Id}}' thimble-e2e:latest)"
  sends_missing_blobs containerd docker "$(changed_blobs manifest config)"
  docker_unpacks changed example.com/thimble-e2e:changed

  # The store has the layer's content in another blob.
  load_recorded docker load_recompressed > "$scratch/load.out" || check_failed "a load of other blobs" "$(< "$scratch/load.log")"
  check_contains "containerd lacks a blob of a known layer: the message" "sending all layers" "$(< "$scratch/load.log")"
  docker_unpacks recompressed thimble-e2e:recompressed

  load_recorded docker load_index > "$scratch/load.out" || check_failed "a load of an index" "$(< "$scratch/load.log")"
  check_equal "containerd has the index" "$(root_digest "$bin/e2e/index")" "$(docker image inspect --format '{{.Id}}' thimble-e2e-index:latest)"
  stop_engine
}

main() {
  need_packages skopeo umoci oci-image-tool podman runc docker.io jq zstd
  open_copy
  create_layers
  create_further_layers
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
  expected_tree "$scratch/changed.expected" "$layers_package/plain.tar" "$layers_package/gzip.tar.gz" "$layers_package/zstd.tar.zst" "$layers_package/new.tar"
  expected_tree "$scratch/recompressed.expected" "$layers_package/plain.tar" "$layers_package/gzip.tar.gz"
  loads_into_podman_4
  loads_into_podman_5
  loads_into_docker
  loads_into_containerd
  report_checks
}

main
