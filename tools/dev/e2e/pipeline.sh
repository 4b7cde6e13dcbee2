#!/usr/bin/env bash
# Verifies the base, CI and dev images: they share layers with production images, and a CI container builds the same digests as the machine.
# Needs root, docker and podman; takes 2 minutes. tools/dev/e2e/cold-build.sh builds in a container without cache.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/e2e/lib/ci_container.sh
source "${BASH_SOURCE[0]%/*}/lib/ci_container.sh"
# shellcheck source=tools/dev/e2e/lib/gdb.sh
source "${BASH_SOURCE[0]%/*}/lib/gdb.sh"
# shellcheck source=tools/dev/e2e/lib/hello_container.sh
source "${BASH_SOURCE[0]%/*}/lib/hello_container.sh"
# shellcheck source=tools/dev/e2e/lib/container_flags.sh
source "${BASH_SOURCE[0]%/*}/lib/container_flags.sh"
# shellcheck source=tools/dev/e2e/lib/rootless_podman.sh
source "${BASH_SOURCE[0]%/*}/lib/rootless_podman.sh"

readonly checkout="$scratch/checkout"

build_images() {
  local name
  run_logged build "the images" tools/bazel build --color=no --curses=no //platforms/base:static //services/hello:image //platforms/ci:image //platforms/dev:image
  layout[base]="$(layout_of //platforms/base:static)"
  layout[hello]="$(layout_of //services/hello:image)"
  layout[ci]="$(layout_of //platforms/ci:image)"
  layout[dev]="$(layout_of //platforms/dev:image)"
  for name in "${!layout[@]}"; do digest[$name]="$(root_digest "${layout[$name]}")"; done
}
declare -A layout digest

# layers LAYOUT: the digest of each layer, then each diff_id.
layers() {
  local blobs="$1/blobs/sha256" manifest
  manifest="$blobs/$(root_digest "$1" | cut -d: -f2)"
  jq --raw-output '.layers[].digest' "$manifest" &&
    jq --raw-output '.rootfs.diff_ids[]' "$blobs/$(jq --raw-output .config.digest "$manifest" | cut -d: -f2)"
}

# starts_with LAYERS PREFIX: compares two outputs of `layers`, digests and diff_ids separately.
starts_with() {
  local all first count
  mapfile -t all <<< "$1"
  mapfile -t first <<< "$2"
  count=$((${#first[@]} / 2))
  [[ "${all[*]:0:count}" == "${first[*]:0:count}" && "${all[*]:${#all[@]}/2:count}" == "${first[*]:count}" ]]
}

check_shared_layers() {
  local base ci swapped
  base="$(layers "${layout[base]}")" ci="$(layers "${layout[ci]}")"
  starts_with "$(layers "${layout[hello]}")" "$base" || check_failed "production starts with the base's layers"
  starts_with "$ci" "$base" || check_failed "the CI image starts with the base's layers"
  starts_with "$(layers "${layout[dev]}")" "$ci" || check_failed "the dev image starts with the CI image's layers"
  passed "each image starts with the layers of its base"
  swapped="$(sed '1{h;d};2{G}' <<< "$ci")"
  ! starts_with "$(layers "${layout[dev]}")" "$swapped" || check_failed "swapped layers are detected"
  passed "swapped layers are detected"
}

check_sizes() {
  local packed
  packed="$(du --bytes --dereference --total "${layout[ci]}/blobs/sha256" | tail -n 1 | cut -f1)"
  printf 'compressed CI image: %s MB\n' "$((packed / 1000000))"
  ((packed <= 700000000)) || check_failed "the compressed CI image is at most 700 MB" "found: $packed bytes"
  passed "the compressed CI image is at most 700 MB"
}

# count_of KIND COUNTS
count_of() { sed --quiet --regexp-extended "s/.*\b([0-9]+) $1.*/\1/p" <<< "$2" | grep . || printf 0; }

# mostly_cached COUNTS: at least 99 % of the actions.
mostly_cached() {
  local hits executed
  hits="$(count_of 'disk cache hit' "$1")" executed="$(count_of linux-sandbox "$1")"
  ((hits > 0 && 99 * executed <= hits))
}

check_disk_cache() {
  local found
  start_container cached 0 --volume "${XDG_CACHE_HOME:-$HOME/.cache}/thimble/disk:/cache/thimble/disk"
  build_hello cached
  check_equal "hello's digest, built with the machine's disk cache" "${digest[hello]}" "$(built_digest cached services/hello/hello.image)"
  found="$(action_counts "$scratch/cached.log")"
  printf 'with the disk cache: %s\n' "$found"
  mostly_cached "$found" || check_failed "99 % of the actions are disk cache hits" "found: $found"
  passed "99 % of the actions are disk cache hits"
}

# Reuses the container of check_disk_cache.
check_pruned_crates() {
  local find_links=(in_container cached find /cache/thimble/cargo/registry/cache -type l) links
  links="$("${find_links[@]}" | sort)"
  check_contains "links to the image's crates" .crate "$links"
  in_container cached sh -c 'fallocate --length 1G /cache/thimble/cargo/registry/cache/large && echo 1 > /cache/thimble/pruned'
  run_logged pruned "a command that prunes" in_container cached tools/bazel --version
  check_contains "large downloads are pruned" "MB from the cache" "$(< "$scratch/pruned.log")"
  check_equal "links to the image's crates after pruning" "$links" "$("${find_links[@]}" | sort)"
}

# Reuses the container of check_disk_cache. A modified rustc must not use cached results. Each run modifies it differently, because its results
# are cached too.
check_other_compiler() {
  local found
  in_container cached tools/bazel shutdown > "$scratch/shutdown.log" 2>&1
  # shellcheck disable=SC2016 # expanded in the container
  in_container cached sh -c 'printf "\n%s" "$1" >> /usr/bin/rustc' sh "$scratch"
  run_logged compiler "a crate with another rustc" in_container cached tools/bazel build --color=no --curses=no @thimble_crates//:fastrand
  found="$(action_counts "$scratch/compiler.log")"
  ! mostly_cached "$found" || check_failed "a modified rustc misses the cache" "found: $found"
  passed "a modified rustc misses the cache: $found"
  docker rm --force cached > /dev/null
}

# A checkout that changes one stage of the build root rebuilds only this stage.
check_changed_stage() {
  start_container other 65532
  printf '# another key\n' >> "$checkout/tools/distro/root/rules_rust.sh"
  run_logged other "a checkout with other edits of rules_rust" in_container other tools/bazel version
  check_contains "the message names the changed stage" "the build root of this image lacks rules_rust" "$(< "$scratch/other.log")"
  check_equal "the stages built in the container" "rules_rust with toolchains for the root" "$(sed --quiet 's/^thimble: \[.*\] \(.*\): [0-9]* s$/\1/p' "$scratch/other.log")"
  printf '\n' >> "$checkout/tools/distro/root/packages.list"
  ! in_container other tools/bazel version > "$scratch/other.log" 2>&1 || check_failed "other Debian packages are rejected"
  check_contains "other Debian packages are rejected" "this image was built for other Debian packages" "$(< "$scratch/other.log")"
  docker rm --force other > /dev/null
}

readonly dev_tools=(gdb strace nano less ps curl rust-analyzer docker git buildifier)

# Attaches gdb of the dev image in the pid namespace of a production container. More cases: debugger.sh
check_dev_image() {
  local tool line file=services/hello/src/lib.rs
  load_image //platforms/dev:load
  for tool in "${dev_tools[@]}"; do
    run_logged version "the dev image has $tool" docker run --rm --network none thimble-dev:latest "$tool" --version
  done
  passed "the dev image has ${dev_tools[*]}"
  check_format_in_dev_image

  tools/bazel build //services/hello:hello.symbols > "$scratch/symbols.log" 2>&1
  cp --dereference bazel-bin/services/hello/hello.symbols "$scratch"
  load_hello > /dev/null
  start_hello_container
  line="$(grep --line-number --max-count=1 '"Hello World"' "$file" | cut -d: -f1)"
  gdb=(
    docker run --rm --interactive --user 0 --network none --pid "container:$container" --cap-add SYS_PTRACE
    --volume "$workspace:$workspace:ro" --volume "$scratch:$scratch" --workdir "$workspace" thimble-dev:latest gdb
  )
  stop_in_handler 1 "$address" "$scratch/hello.symbols" "$file:$line"
  check_contains "gdb of the dev image stops in the handler" "at $file:$line" "$gdb_log"
  check_equal "the request completes" "Hello World" "$response"
}

# Without network and npm.
check_format_in_dev_image() {
  local bad
  rm -rf "$checkout"
  copy_workspace "$checkout"
  # The list of files is git's.
  git init --quiet "$checkout"
  bad="$checkout/platforms/bad.bzl"
  printf 'A = [ 1 ]\n' > "$bad"
  chown -R 65532:65532 "$checkout"
  run_logged format "format.sh in the dev image" docker run --rm --cap-drop ALL "${container_flags[@]}" --network none \
    --volume "$checkout:/src" --workdir /src thimble-dev:latest tools/dev/format/format.sh
  check_equal "buildifier of the dev image formats a file" "A = [1]" "$(tail -n 1 "$bad")"
}

# Builds a package with one action.
check_rootless_podman() {
  start_rootless_podman "${layout[ci]}"
  copy_workspace "$podman_home/checkout"
  mkdir "$podman_home/checkout/e2e"
  printf 'genrule(name = "sandboxed", outs = ["out"], cmd = "id -u > $@")\n' > "$podman_home/checkout/e2e/BUILD.bazel"
  chown -R "$podman_user:" "$podman_home/checkout"
  podman run --rm --security-opt unmask=ALL --userns keep-id:uid=65532,gid=65532 --network none --cap-drop ALL --security-opt no-new-privileges \
    --volume "$podman_home/checkout:/src" --workdir /src "$podman_image" tools/bazel build --color=no --curses=no //e2e:sandboxed > "$scratch/podman.log" 2>&1 ||
    check_failed "a build in rootless podman" "$(tail -n 20 "$scratch/podman.log")"
  check_contains "rootless podman builds in Bazel's sandbox" "1 linux-sandbox" "$(action_counts "$scratch/podman.log")"
  check_engine_flags podman "$podman_image"
}

main() {
  need_packages curl docker.io jq podman runc uidmap
  cd "$workspace"
  build_images
  check_shared_layers
  check_sizes
  start_engine overlay2
  load_image //platforms/ci:load
  # Must precede other builds: the layout's symlinks lead to repositories, which Bazel keeps only for the last build.
  check_rootless_podman
  check_disk_cache
  check_pruned_crates
  check_other_compiler
  check_changed_stage
  check_engine_flags docker thimble-ci:latest
  check_dev_image
  report_checks
}

main
