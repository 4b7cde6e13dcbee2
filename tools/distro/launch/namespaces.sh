# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Checks that namespaces can be created: bubblewrap creates those of the root, and Bazel's linux-sandbox those of each action.

# shellcheck source=tools/distro/launch/container.sh
source "$thimble_distro/launch/container.sh"

# Fails with the cause and the command that fixes it.
check_namespaces() {
  local output user_namespace
  choose_user_namespace
  if ! output="$(bwrap "${user_namespace[@]}" --dev-bind / / -- true 2>&1)"; then
    explain_namespaces "bubblewrap cannot create namespaces on this machine" "$output"
  fi
  # linux-sandbox creates namespaces, mounts a new /proc in them and, with a network namespace, a new /sys.
  if ! output="$(bwrap "${user_namespace[@]}" --dev-bind / / --bind /proc /proc -- unshare --user --map-root-user --mount --pid --ipc --net --fork --mount-proc true 2>&1)"; then
    explain_namespaces "Bazel's linux-sandbox does not work on this machine, and every action requires it" "$output"
  fi
  output="$(masked_paths)"
  [[ "$output" != *' /sys/'* ]] || explain_namespaces "Bazel's linux-sandbox does not work on this machine, and every action requires it" "masked:$output"
}

# Debian's packages are unpacked by root in a mount namespace, or in a user namespace with several users, which newuidmap maps. Fails with
# the command that fixes the requirement.
check_user_mapping() {
  local output name first
  if ((EUID == 0)); then
    ! lacks_capability 21 || explain_privileges "root has no CAP_SYS_ADMIN"
    return 0
  fi
  name="$(id --user --name 2> /dev/null)" ||
    fail "user $EUID has no name, so it has no subordinate users, which unpacking Debian's packages requires; add the user, then repeat the command:" \
      "echo 'builder:x:$EUID:$(id --group):builder:${HOME:-/}:/bin/bash' | sudo tee --append /etc/passwd"
  output="$(LC_ALL=C unshare --user --map-root-user --map-auto true 2>&1)" && return
  printf '%s\n' "$output" | sed 's/^/    /' >&2
  [[ "$output" != *'unrecognized option'* ]] ||
    fail "util-linux is older than 2.38, so unshare cannot map subordinate users, which unpacking Debian's packages requires; use Debian 12 or newer, or bazelisk, which requires internet access:" \
      "bazelisk build //services/hello:image"
  if [[ "$output" == *'id_map failed: Operation not permitted'* ]]; then
    ! grep --quiet '^NoNewPrivs:[[:space:]]*1' /proc/self/status ||
      fail "no-new-privileges is set, so newuidmap cannot map users, which unpacking Debian's packages requires; start the container without that option"
    ! lacks_capability 21 CapBnd || explain_privileges "newuidmap has no CAP_SYS_ADMIN"
  fi
  ! has_subordinates "$name" ||
    fail "newuidmap or newgidmap cannot map the subordinate users and groups of $name (/etc/subuid, /etc/subgid), because it is not setuid; reinstall it, on a file system without nosuid:" \
      "sudo apt install --reinstall uidmap"
  first="$(first_free_subordinate)"
  fail "user $name has no subordinate users and groups (/etc/subuid, /etc/subgid), which unpacking Debian's packages requires; add them once:" \
    "sudo usermod --add-subuids $first-$((first + 65535)) --add-subgids $first-$((first + 65535)) $name"
}

has_subordinates() {
  grep --quiet --extended-regexp "^($1|$EUID):" /etc/subuid 2> /dev/null && grep --quiet --extended-regexp "^($1|$EUID):" /etc/subgid 2> /dev/null
}

# Prints the first ID after all ranges, because users with a common range can access each other's files.
first_free_subordinate() {
  { cat /etc/subuid /etc/subgid 2> /dev/null || true; } | awk -F : 'BEGIN { first = 100000 } NF == 3 && $2 + $3 > first { first = $2 + $3 } END { print first }'
}

explain_privileges() {
  local engine option
  engine="$(container_engine)"
  option="${engine:-docker} run --cap-add SYS_ADMIN ..."
  [[ "$engine" != kubernetes ]] || option="securityContext: {capabilities: {add: [SYS_ADMIN]}}"
  fail "$1, which unpacking Debian's packages requires. Use an image that contains them (docs/pipeline.md), or start the container with:" "$option"
}

setting() { [[ -r "/proc/sys/$1" ]] && printf '%s' "$(< "/proc/sys/$1")"; }

explain_namespaces() {
  local what="$1" output="$2" sudo='' engine
  ((EUID == 0)) || sudo='sudo '
  printf '%s\n' "$output" | sed 's/^/    /' >&2
  if [[ "$(setting user/max_user_namespaces)" == 0 ]]; then
    fail "$what: user namespaces are disabled; enable them:" "${sudo}sysctl -w user.max_user_namespaces=15000"
  fi
  if [[ "$(setting kernel/unprivileged_userns_clone)" == 0 && $EUID -ne 0 ]]; then
    fail "$what: only root may create user namespaces; allow all users:" "sudo sysctl -w kernel.unprivileged_userns_clone=1"
  fi
  engine="$(container_engine)"
  [[ -z "$engine" ]] || explain_container "$what" "$engine"
  if [[ "$(setting kernel/apparmor_restrict_unprivileged_userns)" == 1 ]]; then
    fail "$what: AppArmor restricts user namespaces (Ubuntu's default); allow them:" "${sudo}sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
  fi
  fail "$what: user, mount, pid, ipc and network namespaces and an unmasked /proc and /sys are required; in a container:" \
    "docker run --security-opt seccomp=platforms/ci/seccomp.json --security-opt apparmor=unconfined --security-opt systempaths=unconfined ..." \
    "podman run --security-opt unmask=ALL ..."
}
