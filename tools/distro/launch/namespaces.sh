# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Whether namespaces can be made here: bubblewrap makes the root's, and Bazel's linux-sandbox one for each action. Without the
# sandbox Bazel would go on with a weaker one and say nothing.

# shellcheck source=tools/distro/launch/container.sh
source "$thimble_distro/launch/container.sh"

# Fails with the cause and what mends it.
check_namespaces() {
  local output user_namespace
  choose_user_namespace
  if ! output="$(bwrap "${user_namespace[@]}" --dev-bind / / -- true 2>&1)"; then
    explain_namespaces "bubblewrap can't make a namespace here" "$output"
  fi
  # What linux-sandbox does: namespaces of its own, and in them a /proc and, with the network, a /sys of its own.
  if ! output="$(bwrap "${user_namespace[@]}" --dev-bind / / --bind /proc /proc -- unshare --user --map-root-user --mount --pid --ipc --net --fork --mount-proc true 2>&1)"; then
    explain_namespaces "Bazel's linux-sandbox can't work here, and nothing is built without it" "$output"
  fi
  output="$(masked_paths)"
  [[ "$output" != *' /sys/'* ]] || explain_namespaces "Bazel's linux-sandbox can't work here, and nothing is built without it" "masked:$output"
}

# Debian's packages are unpacked in a user namespace with more than one user. Fails with what mends it.
check_user_mapping() {
  local output name
  ((EUID != 0)) || return 0
  name="$(id --user --name 2> /dev/null)" ||
    fail "user $EUID has no name, and so no subordinate users, in which Debian's packages are unpacked. Give it a name, then repeat the command:" \
      "echo 'builder:x:$EUID:$(id --group):builder:${HOME:-/}:/bin/bash' | sudo tee --append /etc/passwd"
  output="$(unshare --user --map-root-user --map-auto true 2>&1)" && return
  printf '%s\n' "$output" | sed 's/^/    /' >&2
  fail "user $name has no subordinate users and groups (/etc/subuid, /etc/subgid), in which Debian's packages are unpacked. Once:" \
    "sudo usermod --add-subuids 100000-165535 --add-subgids 100000-165535 $name"
}

setting() { [[ -r "/proc/sys/$1" ]] && printf '%s' "$(< "/proc/sys/$1")"; }

explain_namespaces() {
  local what="$1" output="$2" sudo='' engine
  ((EUID == 0)) || sudo='sudo '
  printf '%s\n' "$output" | sed 's/^/    /' >&2
  if [[ "$(setting user/max_user_namespaces)" == 0 ]]; then
    fail "$what: this machine allows no user namespaces. To allow them:" "${sudo}sysctl -w user.max_user_namespaces=15000"
  fi
  if [[ "$(setting kernel/unprivileged_userns_clone)" == 0 && $EUID -ne 0 ]]; then
    fail "$what: this machine allows only root to make user namespaces. To allow all:" "sudo sysctl -w kernel.unprivileged_userns_clone=1"
  fi
  engine="$(container_engine)"
  [[ -z "$engine" ]] || explain_container "$what" "$engine"
  if [[ "$(setting kernel/apparmor_restrict_unprivileged_userns)" == 1 ]]; then
    fail "$what: AppArmor restricts user namespaces, as Ubuntu has it by default. To allow them:" "${sudo}sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  fi
  fail "$what. It needs user, mount, pid, ipc and network namespaces, and a /proc and /sys of which nothing is masked. In a container:" \
    "docker run --security-opt seccomp=platforms/ci/seccomp.json --security-opt apparmor=unconfined --security-opt systempaths=unconfined ..." \
    "podman run --security-opt unmask=ALL ..."
}
