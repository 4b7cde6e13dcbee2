# shellcheck shell=bash disable=SC2154 # sourced
# Copies the crates of a CI image (platforms/ci) to the caches of cargo and Bazel.

# Once per image and root, because images may share the cache's volume. Existing files are kept, so each file is
# linked from a complete copy: an interrupted copy would leave incomplete ones.
unpack_image_crates() {
  [[ -d "$image_crates" ]] || return 0
  local bazel="$thimble_cache/bazel/${components[debian]##*-}" copy="$thimble_cache/crates.$$.${EPOCHREALTIME//[!0-9]/}" digest status=0
  digest="$(< "$image_crates/digest")"
  [[ ! -e "$bazel/crates.$digest" ]] || return 0
  mkdir -p "$thimble_cache/cargo" "$bazel/cache/repos/v1" "$copy"
  cp --recursive --no-dereference "$image_crates"/{cargo,repositories} "$copy" &&
    cp --recursive --no-dereference --link --update=none "$copy/cargo/." "$thimble_cache/cargo" &&
    cp --recursive --no-dereference --link --update=none "$copy/repositories/." "$bazel/cache/repos/v1" &&
    : > "$bazel/crates.$digest" || status=$?
  rm --recursive --force -- "$copy"
  return "$status"
}
