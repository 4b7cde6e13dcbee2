# shellcheck shell=bash disable=SC2034,SC2154 # sourced after e2e.sh, whose variables it uses
# Podman of an ordinary user, made for the script, with storage of its own. Sourced.

readonly podman_user="thimble-e2e-$$"
podman_home=/var/tmp/$podman_user
podman_image=localhost/thimble-ci:latest

# start_rootless_podman LAYOUT: with the image of an OCI layout, as $podman_image.
start_rootless_podman() {
  at_end stop_rootless_podman
  useradd --home-dir "$podman_home" --create-home "$podman_user"
  install --directory --owner "$podman_user" --mode 0700 "$podman_home/run" "$podman_home/tmp"
  # The layout's blobs are links into Bazel's outputs, which belong to root.
  cp --recursive --dereference "$1" "$podman_home/layout"
  podman pull --quiet "oci:$podman_home/layout" > "$scratch/pull.log" 2>&1 || check_failed "podman pull" "$(tail -n 5 "$scratch/pull.log")"
  rm -rf "$podman_home/layout"
  podman tag "$(tail -n 1 "$scratch/pull.log")" "$podman_image"
}

# Debian 12's crun refuses some machines' cgroups, and its default limits exceed a container's.
podman() {
  local command="$1"
  shift
  [[ "$command" != run ]] || set -- --ulimit nofile=1024:1024 --ulimit nproc=4096:4096 "$@"
  runuser --user "$podman_user" -- env --chdir="$podman_home" HOME="$podman_home" XDG_RUNTIME_DIR="$podman_home/run" TMPDIR="$podman_home/tmp" \
    podman --runtime runc --cgroup-manager cgroupfs --storage-driver overlay "$command" "$@"
}

stop_rootless_podman() {
  podman system reset --force
  userdel "$podman_user"
  rm -rf "$podman_home"
} > /dev/null 2>&1
