#!/usr/bin/env bash
# Verifies image_check's model of an image's files: podman, Docker's engine and image_check list generated layer stacks identically, and all
# three reject invalid ones. Needs root, docker and podman.
#
# Usage: tools/dev/e2e/unpack.sh [SEED]
#
#     SEED  generates other stacks; default: 6
set -o errexit -o nounset -o pipefail
# shellcheck disable=SC2034 # for harness.sh
readonly usage="[SEED]"
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"

check_argument_count 1 "$@"
readonly seed="${1:-6}" count=50

need_built linux_x86_64_musl //tools/image/check:image_check

readonly image_check="$built/linux_x86_64_musl/tools/image/check/image_check"
readonly stacks="$workspace/tools/dev/e2e/lib/layer_stacks.py"
readonly limit=(timeout 120)
readonly podman=("${limit[@]}" podman --root "$scratch/podman" --runroot "$scratch/podman-run" --storage-driver overlay)

remove_podman_storage() {
  "${podman[@]}" image umount --all > /dev/null
  umount "$scratch/podman/overlay"
} 2> /dev/null

stack_names() { seq --format %02g 0 $((count - 1)); }
mapfile -t tags < <(stack_names | sed 's/^/stack-/')
readonly tags

list_by_image_check() {
  local name output
  for name in $(stack_names); do
    output="$("$image_check" list "$scratch/stacks/$name" 2>&1)" || check_failed "image_check list stack $name" "$output"
    # Engines differ in the root directory itself.
    sed '/^\.\/ /d' <<< "$output" > "$scratch/listed/$name.image_check"
  done
}

list_by_podman() {
  local tag directory
  run_logged podman "podman load" "${podman[@]}" load --quiet --input "$scratch/stacks/images.tar"
  "${podman[@]}" image mount "${tags[@]}" > "$scratch/mounts"
  while read -r tag directory; do
    tag="${tag#localhost/stack-}"
    python3 "$stacks" list "$directory" > "$scratch/listed/${tag%:latest}.podman"
  done < "$scratch/mounts"
}

# Mounts the layers' directories as the engine does for a container, but read-only.
list_by_docker() {
  local name directories
  "${limit[@]}" docker load --quiet --input "$scratch/stacks/images.tar" > "$scratch/docker.log" 2>&1 || check_failed "docker load" "$(tail -n 5 "$scratch/docker.log")"
  mkdir "$scratch/mounted" "$scratch/empty"
  docker image inspect --format '{{.GraphDriver.Data.UpperDir}}{{with .GraphDriver.Data.LowerDir}}:{{.}}{{end}}' "${tags[@]}" > "$scratch/directories"
  for name in $(stack_names); do
    read -r directories <&3
    # overlay needs at least two lower directories.
    mount -t overlay overlay -o "ro,lowerdir=$scratch/empty:$directories" "$scratch/mounted"
    python3 "$stacks" list "$scratch/mounted" > "$scratch/listed/$name.docker"
    umount "$scratch/mounted"
  done 3< "$scratch/directories"
}

# check_same_listing NAME ENGINE
check_same_listing() {
  local difference
  difference="$(diff "$scratch/listed/$1.$2" "$scratch/listed/$1.image_check")" ||
    check_failed "stack $1: image_check and $2 agree (< $2, > image_check)" "$difference"
}

compares_listings() {
  local name program
  for program in podman docker; do
    for name in $(stack_names); do check_same_listing "$name" "$program"; done
    passed "image_check lists $count stacks as $program unpacks them: $(cat "$scratch"/listed/*."$program" | grep --count type=) entries"
  done
}

# The comparison must be able to fail.
detects_differences() {
  local edit name
  for edit in 's/mode=0/mode=4/' 's/uid=0/uid=7/' 's/ xattr.*//' '/hardlink=/s/ hardlink=.*//'; do
    sed --in-place=.good "$edit" "$scratch"/listed/*.image_check
    if (compares_listings) > /dev/null 2>&1; then check_failed "a listing after sed '$edit' differs"; fi
    for name in $(stack_names); do mv "$scratch/listed/$name.image_check.good" "$scratch/listed/$name.image_check"; done
  done
  passed "differences in mode, owner, attributes and links are detected"
}

rejects_invalid_stacks() {
  local archive name output
  mkdir "$scratch/invalid"
  python3 "$stacks" generate-invalid "$scratch/invalid"
  for archive in "$scratch"/invalid/*.tar; do
    name="$(basename "$archive" .tar)"
    if output="$("${podman[@]}" load --quiet --input "$archive" 2>&1)"; then check_failed "podman rejects $name" "$output"; fi
    if output="$("${limit[@]}" docker load --quiet --input "$archive" 2>&1)"; then check_failed "docker rejects $name" "$output"; fi
    if output="$("$image_check" list "$scratch/invalid/$name" 2>&1)"; then check_failed "image_check rejects $name" "$output"; fi
    passed "all reject $name: $output"
  done
}

main() {
  need_packages docker.io podman python3
  mkdir "$scratch/stacks" "$scratch/listed"
  python3 "$stacks" generate "$seed" "$count" "$scratch/stacks"
  list_by_image_check
  on_exit remove_podman_storage
  list_by_podman
  start_engine overlay2
  list_by_docker
  compares_listings
  detects_differences
  rejects_invalid_stacks
  report_checks
}

main
