#!/usr/bin/env bash
# The gates' model of an image's files is what engines unpack: podman, Docker's engine and image_check list generated stacks of layers
# alike, and all three refuse those that are at fault.
# Usage: unpack.sh [SEED]    other seeds make other stacks
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/built.sh
source "${BASH_SOURCE[0]%/*}/lib/built.sh"
# shellcheck source=tools/e2e/lib/docker.sh
source "${BASH_SOURCE[0]%/*}/lib/docker.sh"

readonly seed="${1:-6}" count=50

need_built linux_x86_64_musl //tools/image/check:image_check

readonly image_check="$built/linux_x86_64_musl/tools/image/check/image_check"
readonly stacks="$workspace/tools/e2e/lib/stacks.py"
readonly limit=(timeout 120)
readonly podman=("${limit[@]}" podman --root "$scratch/podman" --runroot "$scratch/podman-run" --storage-driver overlay)

remove_podman_storage() {
  "${podman[@]}" image umount --all > /dev/null
  umount "$scratch/podman/overlay"
} 2> /dev/null

# names: of the generated stacks.
names() { seq --format %02g 0 $((count - 1)); }
mapfile -t tags < <(names | sed 's/^/stack-/')
readonly tags

list_by_image_check() {
  local name output
  for name in $(names); do
    output="$("$image_check" list "$scratch/stacks/$name" 2>&1)" || check_failed "image_check list stack $name" "$output"
    # Engines differ in the root directory itself.
    sed '/^\.\/ /d' <<< "$output" > "$scratch/listed/$name.image_check"
  done
}

list_by_podman() {
  local tag directory
  "${podman[@]}" load --quiet --input "$scratch/stacks/images.tar" > "$scratch/podman.log" 2>&1 || check_failed "podman load" "$(tail -n 5 "$scratch/podman.log")"
  "${podman[@]}" image mount "${tags[@]}" > "$scratch/mounts"
  while read -r tag directory; do
    tag="${tag#localhost/stack-}"
    python3 "$stacks" list "$directory" > "$scratch/listed/${tag%:latest}.podman"
  done < "$scratch/mounts"
}

# The layers' directories, mounted as the engine mounts them for a container, but read-only.
list_by_docker() {
  local name directories
  "${limit[@]}" docker load --quiet --input "$scratch/stacks/images.tar" > "$scratch/docker.log" 2>&1 || check_failed "docker load" "$(tail -n 5 "$scratch/docker.log")"
  mkdir "$scratch/mounted" "$scratch/empty"
  docker image inspect --format '{{.GraphDriver.Data.UpperDir}}{{with .GraphDriver.Data.LowerDir}}:{{.}}{{end}}' "${tags[@]}" > "$scratch/directories"
  for name in $(names); do
    read -r directories <&3
    # At least two are needed.
    mount -t overlay overlay -o "ro,lowerdir=$scratch/empty:$directories" "$scratch/mounted"
    python3 "$stacks" list "$scratch/mounted" > "$scratch/listed/$name.docker"
    umount "$scratch/mounted"
  done 3< "$scratch/directories"
}

# same_listing NAME ENGINE
same_listing() {
  local difference
  difference="$(diff "$scratch/listed/$1.$2" "$scratch/listed/$1.image_check")" ||
    check_failed "image_check lists stack $1 as $2 unpacks it (< $2, > image_check)" "$difference"
}

all_agree() {
  local name program
  for program in podman docker; do
    for name in $(names); do same_listing "$name" "$program"; done
    passed "image_check lists $count stacks as $program unpacks them: $(cat "$scratch"/listed/*."$program" | grep --count type=) entries"
  done
}

# The comparison sees a mode, an owner and an attribute.
difference_is_seen() {
  local edit name
  for edit in 's/mode=0/mode=4/' 's/uid=0/uid=7/' 's/ xattr.*//' '/hardlink=/s/ hardlink=.*//'; do
    sed --in-place=.good "$edit" "$scratch"/listed/*.image_check
    if (all_agree) > /dev/null 2>&1; then check_failed "a listing after sed '$edit' differs"; fi
    for name in $(names); do mv "$scratch/listed/$name.image_check.good" "$scratch/listed/$name.image_check"; done
  done
  passed "a difference in mode, owner, attributes or links is seen"
}

all_refuse() {
  local archive name output
  mkdir "$scratch/refused"
  python3 "$stacks" refused "$scratch/refused"
  for archive in "$scratch"/refused/*.tar; do
    name="$(basename "$archive" .tar)"
    if output="$("${podman[@]}" load --quiet --input "$archive" 2>&1)"; then check_failed "podman refuses $name" "$output"; fi
    if output="$("${limit[@]}" docker load --quiet --input "$archive" 2>&1)"; then check_failed "docker refuses $name" "$output"; fi
    if output="$("$image_check" list "$scratch/refused/$name" 2>&1)"; then check_failed "image_check refuses $name" "$output"; fi
    passed "all refuse $name: $output"
  done
}

main() {
  need_packages docker.io podman python3
  mkdir "$scratch/stacks" "$scratch/listed"
  python3 "$stacks" generate "$seed" "$count" "$scratch/stacks"
  list_by_image_check
  at_end remove_podman_storage
  list_by_podman
  start_engine overlay2
  list_by_docker
  all_agree
  difference_is_seen
  all_refuse
  printf '%s checks passed\n' "$checks_passed"
}

main
