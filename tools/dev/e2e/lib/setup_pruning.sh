# shellcheck shell=bash disable=SC2154 # sourced after harness.sh; reads variables of setup.sh
# Pruning of the cache. Sourced.

# prune_later CACHE: prunes as a command does two days later, because the age of a component cannot be set.
prune_later() {
  # shellcheck disable=SC2016 # expanded by the child
  bash -o errexit -o nounset -o pipefail -c 'for file in messages root prune; do source "$0/$file.sh"; done
    unset EPOCHSECONDS
    thimble_cache="$1" EPOCHSECONDS="$(date --date "2 days" +%s)"
    prune_when_due' "$workspace/tools/distro/launch" "$1"
}

prunes_unused_roots() {
  local root key log="$scratch/prune"
  for key in a b c; do
    mkdir -p "$cache/component/debian-$key" "$cache/component/zig-$key" "$cache/bazel/$key/base" "$cache/disk/$key"
    printf 'debian %s\nzig %s\n' "$cache/component/debian-$key" "$cache/component/zig-$key" > "$cache/ready/one-$key"
    cp "$cache/ready/one-$key" "$cache/ready/two-$key"
    printf '%s' "$scratch/gone" > "$cache/bazel/$key/base/DO_NOT_BUILD_HERE"
  done
  root="$(sed --quiet 's/^debian //p' "$(find "$cache/ready" -type f -size +200c | head -n 1)")"
  mkdir -p "$cache/bazel/b/living"
  printf '%s' "$workspace" > "$cache/bazel/b/living/DO_NOT_BUILD_HERE"
  # As of a container that shares the cache.
  mkdir -p "$cache/bazel/b/shared"
  printf '%s' "$scratch/gone" > "$cache/bazel/b/shared/DO_NOT_BUILD_HERE"
  touch "$cache/bazel/b/shared/command.log"
  head --bytes=3M /dev/zero > "$cache/component/zig-a/big"
  for key in one-a one-b one-c two-a two-b two-c; do touch --date 2001-01-01 "$cache/used/$key"; done
  touch --date 2030-01-01 "$cache/used/two-b" "$cache/used/one-b"
  # As of another checkout's set-up that was interrupted.
  mkdir "$cache/component/zig-unfinished"
  printf '1\n' > "$cache/pruned"
  "$workspace/tools/bazel" --version > /dev/null 2> "$log"
  [[ -d "$cache/component/zig-unfinished" ]] || check_failed "components without a record are kept for a day"
  passed "components without a record are kept for a day"
  printf '1\n' > "$cache/pruned"
  # The records have other paths.
  prune_later "$XDG_CACHE_HOME//thimble" 2> "$log"
  check_contains "pruning reports the freed size" "pruned " "$(< "$log")"
  [[ ! -e "$cache/component/zig-unfinished" ]] || check_failed "components without a record are removed later"
  for key in a c; do
    [[ ! -e "$cache/component/debian-$key" && ! -e "$cache/component/zig-$key" && ! -e "$cache/bazel/$key" && ! -e "$cache/disk/$key" ]] ||
      check_failed "the unused root $key is removed with its outputs" "$(find "$cache" -maxdepth 2 -name "*$key")"
  done
  passed "unused roots are removed with their outputs"
  [[ -d "$cache/component/debian-b" && -d "$cache/bazel/b/living" && ! -e "$cache/bazel/b/base" ]] || check_failed "outputs of removed workspaces are removed from a used root"
  passed "outputs of removed workspaces are removed from a used root"
  [[ -d "$cache/bazel/b/shared" ]] || check_failed "outputs of a command within a day are kept"
  passed "outputs of a command within a day are kept"
  [[ -d "$root" ]] || check_failed "the root in use is kept if the cache's path is spelled differently, and two records of another root do not evict it"
  passed "the root in use is kept if the cache's path is spelled differently, and two records of another root do not evict it"
  printf '%s\n' "$EPOCHSECONDS" > "$cache/pruned"
  "$workspace/tools/bazel" --version 2> "$log" > /dev/null
  check_equal "pruning runs once a day" "" "$(< "$log")"
  printf '%s\n' "$((EPOCHSECONDS + 86400))" > "$cache/pruned"
  "$workspace/tools/bazel" --version > /dev/null 2> "$log"
  (($(< "$cache/pruned") <= EPOCHSECONDS)) || check_failed "pruning runs after the clock was set back" "$(< "$cache/pruned")"
  passed "pruning runs after the clock was set back"
}

# check_pruned_cargo LABEL KB EXPECTED: the directories that remain of downloads of this size. Calls the function directly.
check_pruned_cargo() {
  local large="$scratch/downloads" kb="$2"
  mkdir -p "$large"/{trash,bazel/key,cargo/registry/{src,cache,index}}
  : > "$large/bazel/key/crates.digest"
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2329 # used by the sourced file
  check_equal "$1" "$3" "$(
    for file in messages prune; do source "$workspace/tools/distro/launch/$file.sh"; done
    kb_of() { printf '%s' "$kb"; }
    thimble_cache="$large"
    prune_cargo
    find "$large"/{bazel/key,cargo/registry} -mindepth 1 -printf '%f\n' | sort | xargs
  )"
}

prunes_large_downloads() {
  check_pruned_cargo "downloads of 1 GB are kept" 1048576 "cache crates.digest index src"
  check_pruned_cargo "larger downloads are removed" 1048577 index
}

# The copy fails on a full disk, and runs again when space is free. Calls the function directly, in the root, whose cp is that of CI images.
completes_interrupted_copy_of_crates() {
  local image="$scratch/crates" full="$scratch/crates-cache" unpack
  mkdir -p "$image"/{cargo/index,repositories} "$full"
  head --bytes=300K /dev/urandom > "$image/cargo/index/large"
  ln --symbolic /nonexistent "$image/repositories/link"
  printf 'digest\n' > "$image/digest"
  mount -t tmpfs -o size=200k tmpfs "$full"
  on_exit umount "$full"
  # shellcheck disable=SC2016 # expanded by the child
  unpack=("$workspace/tools/distro/shell" bash -o errexit -o nounset -o pipefail -c 'source "$0"
    declare -A components=([debian]=debian-key)
    image_crates="$1" thimble_cache="$2"
    unpack_image_crates' "$workspace/tools/distro/launch/crates.sh" "$image" "$full")
  check_rejected "an image's crates on a full disk" "No space left on device" "${unpack[@]}"
  mount --options remount,size=2m "$full"
  run_logged unpack "an image's crates after a full disk" "${unpack[@]}"
  check_equal "an image's crates after a full disk: cargo's files" "" "$(diff --recursive --brief "$image/cargo" "$full/cargo")"
  check_equal "an image's crates after a full disk: Bazel's repository cache" /nonexistent "$(readlink "$full/bazel/key/cache/repos/v1/link")"
  check_equal "an image's crates after a full disk: all files" "bazel cargo" "$(find "$full" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | xargs)"
}

completes_set_up_without_pruning() {
  rm -rf "$cache/trash" "$cache/ready/$root_key"
  : > "$cache/trash"
  run_logged set_up "set-up succeeds if pruning fails" "$workspace/tools/bazel" --version
  check_contains "set-up succeeds if pruning fails" "$cache/trash" "$(< "$scratch/set_up.log")"
  rm "$cache/trash"
}

# Calls the functions directly. Without free inodes nothing can be created.
handles_full_disk() {
  local full="$scratch/full" message
  mkdir "$full"
  mount -t tmpfs -o size=64k,nr_inodes=4 tmpfs "$full"
  on_exit umount "$full"
  mkdir -p "$full/trash" "$full/component/old"
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2329 # used by the sourced files
  message="$(
    thimble_distro="$workspace/tools/distro" thimble_cache="$full" thimble_workspace="$workspace"
    for file in messages cache environment root failure prune; do source "$thimble_distro/launch/$file.sh"; done
    run_child() { return 1; }
    declare -A caller=()
    prune_path "$full/component/old"
    empty_trash
    prepare_root 2>&1
  )" || true
  check_contains "a full disk is reported after a failed set-up" "MB free in $full; free disk space" "$message"
  check_equal "pruning on a full disk removes directories" "" "$(find "$full" -mindepth 2)"
  mount --options remount,size=200m "$full"
  # shellcheck disable=SC1090,SC2030,SC2034 # used by the sourced files
  message="$(
    thimble_cache="$full" thimble_workspace="$workspace"
    for file in messages failure; do source "$workspace/tools/distro/launch/$file.sh"; done
    explain_failure 37 2>&1
  )"
  check_contains "a disk without free inodes" " inodes free in $full; free disk space" "$message"
}
