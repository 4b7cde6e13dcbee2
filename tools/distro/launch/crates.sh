# shellcheck shell=bash disable=SC2154 # sourced
# The crates that a CI image brings (platforms/ci), for cargo and for Bazel's repository cache.

# Once for each image and root: the cache may be a volume that other images have used.
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
