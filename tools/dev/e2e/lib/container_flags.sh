# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh
# Checks the launcher's namespace diagnostics in a container, with all flags of docs/containers.md and without each of them. Sourced.
# Runs only check_namespaces of tools/distro/launch. The image needs bash, bubblewrap, perl and util-linux.

# The flags of docs/containers.md.
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
    check_rejected "$engine, user $user: without any flag" "${flag% }" "$(check_in_container "$user")"
  done
  check_rejected "$engine, root: the message names the user option" "--user 65532:65532" "$(check_in_container 0:0 "${flags[@]}")"
  if [[ "$engine" == docker ]]; then
    check_pod
    check_seccomp_profile
  else
    check_accepted "$engine: the seccomp profile of the CI image" "$(check_in_container 65532:65532 "${flags[@]}" "${docker_flags[0]}")"
  fi
}

# check_in_container USER SECURITY_OPTION...: prints the launcher's messages, or "accepted" if the check passes.
check_in_container() {
  # shellcheck disable=SC2016 # expanded in the container
  run_in_container "$@" -- 'thimble_distro=/checkout/tools/distro
    for file in messages machine namespaces; do source "$thimble_distro/launch/$file.sh"; done
    check_namespaces
    echo accepted'
}

# run_in_container USER SECURITY_OPTION... -- SCRIPT: uses `engine`, `image` and `container_options`; profile paths are relative to the workspace.
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

# check_missing FLAG: omits the flag; the launcher must name this flag only.
check_missing() {
  local flag="$1" other others=()
  for other in "${flags[@]}"; do [[ "$other" == "$flag" ]] || others+=("$other"); done
  check_rejected "$engine, user $user: without $flag" "--security-opt $flag" "$(check_in_container "$user" "${others[@]}")"
}

check_accepted() { check_equal "$1" accepted "$2"; }

# check_rejected LABEL OPTION OUTPUT: the suggested command must name this option only.
check_rejected() {
  check_contains "$1" "Start the container with:"$'\n'"    $engine run $2 ..." "$3"
  [[ "$3" != *accepted* ]] || check_failed "$1: the check must fail" "$3"
}

# The launcher detects a pod by the name of the file that the kubelet mounts at /etc/hosts.
check_pod() {
  printf '127.0.0.1 localhost\n' > "$scratch/etc-hosts"
  local container_options=(--volume "$scratch/etc-hosts:/etc/hosts:ro")
  check_contains "pod: without any field" "    hostUsers: false"$'\n'"    securityContext: {seccompProfile: {type: Localhost, localhostProfile: thimble.json}, procMount: Unmasked}" \
    "$(check_in_container 65532:65532)"
  check_contains "pod: as root, with the other fields" "The container needs:"$'\n'"    securityContext: {runAsUser: 65532}" "$(check_in_container 0:0 "${flags[@]}")"
}

# Calls that the profile denies and the kernel otherwise allows an ordinary user: keyctl (250) for a keyring's id, and a generic (16)
# netlink (16) socket. A route (0) netlink socket stays allowed.
check_seccomp_profile() {
  local script='perl -e "
    print syscall(250, 0, -3, 0) > 0 ? q(key) : q(no key);
    print socket(S, 16, 3, 16) ? q(, generic) : q(, no generic), socket(R, 16, 3, 0) ? q(, routes) : q(, no routes)"'
  check_equal "docker: the seccomp profile denies keyctl and generic netlink" "no key, no generic, routes" "$(run_in_container 65532:65532 "${docker_flags[@]}" -- "$script")"
  check_equal "docker: without a seccomp profile both are allowed" "key, generic, routes" \
    "$(run_in_container 65532:65532 seccomp=unconfined "${docker_flags[1]}" -- "$script")"
}
