# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# The container that this runs in: its engine, and which of the options it lacks that docs/containers.md explains.

# CRI-O's pods have Podman's marker too, and a read-only Podman container has none.
container_engine() {
  if [[ -d /var/run/secrets/kubernetes.io ]] || mounted_from '/etc-hosts /etc/hosts'; then
    printf kubernetes
  elif [[ -e /run/.containerenv ]] || mounted_from '-containers/[0-9a-f]*/userdata/hosts /etc/hosts'; then
    printf podman
  elif [[ -e /.dockerenv ]]; then
    printf docker
  fi
}

# mounted_from PATTERN: an engine's own files are mounted in the container; source and place are in one line.
mounted_from() { grep --quiet -e "$1 " /proc/self/mountinfo; }

# Prints the paths of /proc and /sys that are mounted over. The kernel then refuses a namespace a /proc or /sys of its own, which
# would show them; it makes an exception of directories that exist to be mounted on.
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

# Without CAP_SYS_ADMIN (21) root gets a user namespace, whose map of users needs CAP_SETFCAP (31): user_namespaces(7).
root_cannot_map_users() { ((EUID == 0)) && lacks_capability 21 && lacks_capability 31; }

seccomp_refuses() {
  local output
  grep --quiet '^Seccomp:[[:space:]]*2' /proc/self/status || return 1
  unshare --user true 2> /dev/null || return 0
  unshare --user --map-root-user true 2> /dev/null || return 1
  ! output="$(LC_ALL=C unshare --user --map-root-user --mount true 2>&1)" && [[ "$output" != *'Permission denied'* ]]
}

# AppArmor refuses with "Permission denied"; where seccomp refuses first, the engines' own profiles are known to.
apparmor_refuses() {
  local profile='' output
  { read -r profile < /proc/self/attr/current; } 2> /dev/null
  [[ "$profile" == *'(enforce)' ]] || return 1
  output="$(LC_ALL=C unshare --user --map-root-user --mount true 2>&1)" && return 1
  [[ "$output" == *'Permission denied'* || "$profile" =~ ^(docker-default|nerdctl-default|containers-default|crio-default|cri-containerd) ]]
}

# Sets `missing`: the options, in the engine's own words, that this container was started without; and `causes`: why each is needed.
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
    missing+=("--network private") causes+=("rootless Podman masks /sys/kernel in the machine's own network")
  elif [[ -n "$masked" ]]; then
    missing+=("${option[masks]}") causes+=("masked:$masked")
  fi
}

# A container that was started without an option: fails with those that are missing, and no others.
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
