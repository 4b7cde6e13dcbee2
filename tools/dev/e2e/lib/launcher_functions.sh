# shellcheck shell=bash disable=SC2154 # sourced after harness.sh; reads variables of launcher.sh
# Tests of the launcher's functions, called directly, for states of the machine that a test cannot create. Sourced.

# Directories of the machine's top level may be removed between their listing and their mount.
enters_without_removed_directory() {
  local top="/thimble-e2e-removed-$$" output
  mkdir "$top"
  on_exit rm -rf "$top"
  # shellcheck disable=SC1090,SC2034,SC2154 # variables of the sourced files
  output="$(
    thimble_distro="$workspace/tools/distro" thimble_cache="${XDG_CACHE_HOME:-$HOME/.cache}/thimble" environment=()
    for file in messages machine root enter; do source "$thimble_distro/launch/$file.sh"; done
    definition_key
    read_components "$thimble_cache/ready/$root_key"
    build_enter
    rmdir "$top"
    [[ " ${enter[*]} " == *" $top "* ]] && bwrap --args 8 -- echo entered 8< <(printf '%s\0' "${enter[@]}") 2>&1
  )" || true
  check_equal "a top-level directory removed before its mount" "entered" "$output"
}

# With CDPATH set, cd prints the directory and may select another one.
ignores_search_path_of_cd() {
  local script status
  mkdir -p "$scratch"/cdpath/{.ci,tools/dev/{e2e,format,lint}}
  for script in .ci/run tools/dev/e2e/launcher.sh tools/dev/format/format.sh tools/dev/lint/check.sh; do
    status=0
    env --chdir="$workspace" CDPATH="$scratch/cdpath" "$script" unexpected > "$scratch/cdpath.log" 2>&1 || status=$?
    check_equal "CDPATH: the exit code of $script with an unexpected argument" 64 "$status"
  done
}

explains_limits() {
  local output limits
  # shellcheck disable=SC1090,SC2030,SC2031 # used by the sourced files
  output="$(
    for file in messages failure; do source "$workspace/tools/distro/launch/$file.sh"; done
    ulimit -v 2000000 -d 300000 -n 64
    explain_limits 2>&1
  )"
  limits="$(
    # shellcheck disable=SC2016 # expanded inside
    unshare --mount bash -c 'mount -t tmpfs none /sys/fs/cgroup && echo 100 > /sys/fs/cgroup/pids.max && source "$0/messages.sh" && source "$0/failure.sh" && explain_failure 33' \
      "$workspace/tools/distro/launch" 2>&1
  )"
  check_contains "a crash in a container with a limit of processes" "limited to 100 processes" "$limits"
  check_contains "a crash with a limit of memory" $'limited to 2000000 kB, and Bazel\'s JVM reserves several GB; remove the limit, a hard one in /etc/security/limits.conf:\n    ulimit -v unlimited' "$output"
  check_contains "a crash with a limit of data segments" $'limited to 300000 kB, and Bazel\'s JVM reserves several GB; remove the limit, a hard one in /etc/security/limits.conf:\n    ulimit -d unlimited' "$output"
  check_contains "a crash with a limit of open files" $'limited to 64, and Bazel requires up to 1024; raise the limit, a hard one in /etc/security/limits.conf:\n    ulimit -n 1024' "$output"
}

# Bazel fails without naming the owner, even for root.
names_owner_of_cache() {
  local output outputs="$scratch/owned/bazel/key"
  mkdir -p "$outputs"
  chown 54321 "$outputs"
  # shellcheck disable=SC1090,SC2030,SC2034 # used by the sourced files
  output="$(
    for file in messages failure; do source "$workspace/tools/distro/launch/$file.sh"; done
    thimble_cache="$scratch/owned"
    declare -A components=([debian]=debian-key)
    explain_failure 36 2>&1
  )" || true
  check_contains "root with the cache of another user" "$outputs belongs to the user UNKNOWN; run the command as this user, without sudo" "$output"
}
