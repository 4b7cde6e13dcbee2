# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh
# Podman of an ordinary user that is created for the script, with separate storage. Sourced.

readonly podman_user="thimble-e2e-$$"
podman_home=/var/tmp/$podman_user
podman_image=localhost/thimble-ci:latest

# start_rootless_podman LAYOUT: loads the OCI layout's image as $podman_image.
start_rootless_podman() {
  on_exit stop_rootless_podman
  useradd --home-dir "$podman_home" --create-home "$podman_user"
  install --directory --owner "$podman_user" --mode 0700 "$podman_home/run" "$podman_home/tmp"
  # The layout's blobs are symlinks to Bazel's outputs, which root owns.
  cp --recursive --dereference "$1" "$podman_home/layout"
  run_logged pull "podman pull" podman pull --quiet "oci:$podman_home/layout"
  rm -rf "$podman_home/layout"
  podman tag "$(tail -n 1 "$scratch/pull.log")" "$podman_image"
}

# Debian 12's crun fails with the cgroups of some machines, and its default limits exceed those of a container.
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
