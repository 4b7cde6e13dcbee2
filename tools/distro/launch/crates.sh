# shellcheck shell=bash disable=SC2154 # sourced
# Copies the crates of a CI image (platforms/ci) to the caches of cargo and Bazel.

# Once per image and root, because images may share the cache's volume.
unpack_image_crates() {
  [[ -d "$image_crates" ]] || return 0
  local bazel="$thimble_cache/bazel/${components[debian]##*-}" digest
  digest="$(< "$image_crates/digest")"
  [[ ! -e "$bazel/crates.$digest" ]] || return 0
  mkdir -p "$thimble_cache/cargo" "$bazel/cache/repos/v1"
  cp --recursive --no-dereference --update=none "$image_crates/cargo/." "$thimble_cache/cargo"
  cp --recursive --no-dereference --update=none "$image_crates/repositories/." "$bazel/cache/repos/v1"
  : > "$bazel/crates.$digest"
}
