# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Detects the container engine and the options of docs/containers.md that the container was started without.

# CRI-O's pods have Podman's marker file too, and a read-only Podman container has none.
container_engine() {
  if [[ -d /var/run/secrets/kubernetes.io ]] || mounted_from '/etc-hosts /etc/hosts'; then
    printf kubernetes
  elif [[ -e /run/.containerenv ]] || mounted_from '-containers/[0-9a-f]*/userdata/hosts /etc/hosts'; then
    printf podman
  elif [[ -e /.dockerenv ]]; then
    printf docker
  fi
}

# mounted_from PATTERN: whether a line of mountinfo matches, which has the source and the mount point of an engine's file.
mounted_from() { grep --quiet -e "$1 " /proc/self/mountinfo; }

# Prints the masked paths of /proc and /sys. Because a new /proc or /sys would reveal them, the kernel refuses to mount one in a
# namespace, unless the mount points are permanently empty directories.
masked_paths() {
  local path rest type
  while read -r _ _ _ _ path rest; do
    type="${rest#* - }"
    case "$path ${type%% *}" in
      /proc/*' binfmt_misc' | /proc/*' autofs' | /proc/*' nfsd' | /sys/fs/cgroup*) ;;
      /proc/* | /sys/*' tmpfs' | /sys/*' devtmpfs') printf ' %s' "$path" ;;
    esac
  done < /proc/self/mountinfo
}

# Without CAP_SYS_ADMIN (21) root gets a user namespace, whose user mapping requires CAP_SETFCAP (31): user_namespaces(7).
root_cannot_map_users() { ((EUID == 0)) && lacks_capability 21 && lacks_capability 31; }

seccomp_refuses() {
  local output
  grep --quiet '^Seccomp:[[:space:]]*2' /proc/self/status || return 1
  unshare --user true 2> /dev/null || return 0
  unshare --user --map-root-user true 2> /dev/null || return 1
  ! output="$(LC_ALL=C unshare --user --map-root-user --mount true 2>&1)" && [[ "$output" != *'Permission denied'* ]]
}

# AppArmor refuses with "Permission denied". If seccomp refuses first, the engines' default profiles are known to refuse.
apparmor_refuses() {
  local profile='' output
  { read -r profile < /proc/self/attr/current; } 2> /dev/null
  [[ "$profile" == *'(enforce)' ]] || return 1
  output="$(LC_ALL=C unshare --user --map-root-user --mount true 2>&1)" && return 1
  [[ "$output" == *'Permission denied'* || "$profile" =~ ^(docker-default|nerdctl-default|containers-default|crio-default|cri-containerd) ]]
}

# find_missing_options ENGINE: sets `missing`, the engine's options that this container was started without, and `causes`, the
# reasons that they are required.
find_missing_options() {
  local masked
  local -A option
  case "$1" in
    kubernetes)
      option=([root]='runAsUser: 65532' [seccomp]='seccompProfile: {type: Localhost, localhostProfile: thimble.json}'
        [apparmor]='appArmorProfile: {type: Unconfined}' [masks]='procMount: Unmasked')
      ;;
    podman) option=([masks]='--security-opt unmask=ALL') ;;
    *) option=([masks]='--security-opt systempaths=unconfined') ;;
  esac
  : "${option[root]:=--user 65532:65532}" "${option[apparmor]:=--security-opt apparmor=unconfined}"
  : "${option[seccomp]:=--security-opt seccomp=platforms/ci/seccomp.json}"
  missing=() causes=()
  if root_cannot_map_users; then
    missing+=("${option[root]}") causes+=("root has neither CAP_SYS_ADMIN nor CAP_SETFCAP")
  fi
  if seccomp_refuses; then
    missing+=("${option[seccomp]}") causes+=("seccomp refuses user namespaces or mounts")
  fi
  if apparmor_refuses; then
    missing+=("${option[apparmor]}") causes+=("AppArmor refuses mounts")
  fi
  masked="$(masked_paths)"
  if [[ "$1" == podman && "$masked" == ' /sys/kernel' ]]; then
    missing+=("--network private") causes+=("rootless Podman masks /sys/kernel with the host's network")
  elif [[ -n "$masked" ]]; then
    missing+=("${option[masks]}") causes+=("masked:$masked")
  fi
}

# explain_container WHAT ENGINE: fails with the options that are missing, if any, and no others.
explain_container() {
  local what="$1" engine="$2" missing causes cause
  find_missing_options "$engine"
  ((${#missing[@]})) || return 0
  printf -v cause '%s; ' "${causes[@]}"
  what+=": ${cause%; }."
  if [[ "$engine" == kubernetes ]]; then
    local fields context
    printf -v fields '%s, ' "${missing[@]}"
    context="securityContext: {${fields%, }}"
    [[ "$fields" != *procMount* ]] || fail "$what The pod, and its container, need:" "hostUsers: false" "$context"
    fail "$what The container needs:" "$context"
  fi
  fail "$what Start the container with:" "$engine run ${missing[*]} ..."
}
