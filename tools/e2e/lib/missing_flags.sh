# shellcheck shell=bash disable=SC2034,SC2154 # sourced after e2e.sh, whose variables it uses
# The launcher's check of namespaces in a container, with all the flags of docs/containers.md and without each of them. Sourced.
#
# In the container, check_namespaces of tools/distro/launch runs by itself: tools/bazel calls it when a command fails, and doctor with
# more. The image needs bash, bubblewrap, perl and util-linux; docker or podman must work for the caller.

# The flags, as docs/containers.md has them.
readonly docker_flags=(seccomp=platforms/ci/seccomp.json systempaths=unconfined)
readonly podman_flags=(unmask=ALL)
readonly hardened_flags=(--cap-drop ALL --security-opt no-new-privileges --read-only --tmpfs /tmp:exec)

# check_engine_flags docker|podman IMAGE
check_engine_flags() {
  local engine="$1" image="$2" user flag container_options=()
  local -n flags="${engine}_flags"
  for user in 65532:65532 4242:4242; do
    check_accepted "$engine, user $user: all flags" "$(check_in_container "$user" "${flags[@]}")"
    for flag in "${flags[@]}"; do check_missing "$flag"; done
    printf -v flag -- '--security-opt %s ' "${flags[@]}"
    check_refused "$engine, user $user: without any flag" "${flag% }" "$(check_in_container "$user")"
  done
  check_refused "$engine, root: the user is named" "--user 65532:65532" "$(check_in_container 0:0 "${flags[@]}")"
  if [[ "$engine" == docker ]]; then
    check_pod
    check_seccomp_profile
  else
    check_accepted "$engine: the seccomp profile of the CI image" "$(check_in_container 65532:65532 "${flags[@]}" "${docker_flags[0]}")"
  fi
}

# check_in_container USER SECURITY_OPTION...: prints the launcher's messages, and "accepted" if it has none to make.
check_in_container() {
  # shellcheck disable=SC2016 # expanded in the container
  run_in_container "$@" -- 'thimble_distro=/checkout/tools/distro
    for file in messages machine namespaces; do source "$thimble_distro/launch/$file.sh"; done
    check_namespaces
    echo accepted'
}

# run_in_container USER SECURITY_OPTION... -- SCRIPT: with `engine`, `image` and `container_options`; a profile's path is the checkout's.
run_in_container() {
  local user="$1" options=("${container_options[@]}")
  shift
  while [[ "$1" != -- ]]; do
    options+=(--security-opt "${1/=platforms/=$workspace/platforms}")
    shift
  done
  "$engine" run --rm --network none --user "$user" "${hardened_flags[@]}" "${options[@]}" \
    --volume "$workspace:/checkout:ro" --entrypoint bash "$image" -c "$2" 2>&1
}

# check_missing FLAG: without it, the launcher names it and no other of the engine's flags.
check_missing() {
  local flag="$1" other others=()
  for other in "${flags[@]}"; do [[ "$other" == "$flag" ]] || others+=("$other"); done
  check_refused "$engine, user $user: without $flag" "--security-opt $flag" "$(check_in_container "$user" "${others[@]}")"
}

check_accepted() { check_equal "$1" accepted "$2"; }

# check_refused WHAT OPTION OUTPUT: the command that mends it names this option alone.
check_refused() {
  check_contains "$1" "Start the container with:"$'\n'"    $engine run $2 ..." "$3"
  [[ "$3" != *accepted* ]] || check_failed "$1: it should have stopped" "$3"
}

# A container that looks like a pod's, since the kubelet mounts /etc/hosts from a file of this name.
check_pod() {
  printf '127.0.0.1 localhost\n' > "$scratch/etc-hosts"
  local container_options=(--volume "$scratch/etc-hosts:/etc/hosts:ro")
  check_contains "pod: without any field" "    hostUsers: false"$'\n'"    securityContext: {seccompProfile: {type: Localhost, localhostProfile: thimble.json}, procMount: Unmasked}" \
    "$(check_in_container 65532:65532)"
  check_contains "pod: as root, with the other fields" "The container needs:"$'\n'"    securityContext: {runAsUser: 65532}" "$(check_in_container 0:0 "${flags[@]}")"
}

# What the profile refuses and the kernel grants an ordinary user otherwise: the id of a keyring by keyctl (250), and a netlink
# socket (16) that is not for routes (0) but generic (16).
check_seccomp_profile() {
  local script='perl -e "
    print syscall(250, 0, -3, 0) > 0 ? q(key) : q(no key);
    print socket(S, 16, 3, 16) ? q(, generic) : q(, no generic), socket(R, 16, 3, 0) ? q(, routes) : q(, no routes)"'
  check_equal "docker: the seccomp profile refuses" "no key, no generic, routes" "$(run_in_container 65532:65532 "${docker_flags[@]}" -- "$script")"
  check_equal "docker: no seccomp profile refuses nothing" "key, generic, routes" \
    "$(run_in_container 65532:65532 seccomp=unconfined "${docker_flags[1]}" -- "$script")"
}
