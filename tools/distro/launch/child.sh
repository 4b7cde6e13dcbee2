# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Runs a program as a child to which signals are handed on.

# run_child PROGRAM COMMAND [ARG...]: returns the command's exit status. PROGRAM is bazel or setup. TERM and HUP end it in its own
# order, and so does INT. A terminal sends INT to Bazel's client itself, since that reads from the terminal; set-up has a process
# group of its own, and gets each signal once, from here.
run_child() {
  local status=0
  child_program="$1"
  shift
  [[ -e /proc/self/fd/0 ]] || exec 0< /dev/null
  child_signaled=''
  trap 'signal_child TERM' TERM HUP
  trap '[[ "$child_program" == bazel && (-t 0 || -t 1 || -t 2) ]] || signal_child INT' INT
  [[ "$child_program" == bazel ]] || set -o monitor
  "$@" <&0 &
  child=$!
  set +o monitor
  wait "$child" || status=$?
  # A trap ends `wait` before the child ends.
  while [[ -n "$child_signaled" ]]; do
    child_signaled=''
    status=0
    wait "$child" || status=$?
  done
  trap - TERM HUP INT
  return "$status"
}

# Bubblewrap would die of the signal, and kill what runs inside; meant is Bazel's client, which ends its command first.
signal_child() {
  local signal="$1" client='' name=''
  child_signaled=1
  if [[ "$child_program" == bazel ]]; then
    # The list of children ends without a line break, which `read` takes for a failure.
    {
      read -r client _ < "/proc/$child/task/$child/children" || true
      read -r name < "/proc/$client/comm" || true
    } 2> /dev/null
    # Before Bazel has started there is nothing to end in order.
    [[ "$name" == bazel ]] || signal=KILL client=''
  fi
  kill -s "$signal" "${client:-$child}" 2> /dev/null || true
}

# run_bazel ARG...: Bazel's client in the root; returns its exit status.
run_bazel() {
  local status=0
  build_enter
  mount_identity
  run_child bazel enter_bazel "$@" || status=$?
  ((status == 0)) || explain_failure "$status"
  return "$status"
}

# A server sees the mounts that it was started with: with another startup option Bazel starts a new one. An output base
# belongs to one root: what an action takes from it undeclared (gcc, libc) is part of its identity.
enter_bazel() {
  # Bubblewrap must outlive a signal to the process group. Of these Bazel's client handles all but HUP, which would kill it.
  trap '' INT TERM HUP
  # The words go through a file: bubblewrap takes 9,000 at most.
  # shellcheck disable=SC2016 # expanded in the root
  exec bwrap --args 8 --ro-bind-data 7 /thimble/identity.bazelrc --chdir "$PWD" -- \
    bash -c 'mapfile -d "" -t words <&9; exec 8<&- 9<&-; exec env --default-signal=INT,TERM,QUIT bazel "${words[@]}"' \
    7<<< "build --remote_default_exec_properties=build-root=$build_root" 8< <(printf '%s\0' "${enter[@]}") 9< <(printf '%s\0' \
      --nosystem_rc --bazelrc="$thimble_distro/distro.bazelrc" \
      --output_user_root="$thimble_cache/bazel/${components[debian]##*-}" --host_jvm_args="-Dthimble.root=$root_key.$mounts" "$@")
}

# Sets `mounts`: which directories the paths of this command lead to. A directory that was moved away and replaced has another
# inode, one on which something was mounted another device.
mount_identity() {
  local path paths=()
  for path in "$thimble_workspace" "$thimble_distro" "$PWD" "$thimble_cache"; do
    path="${path#/}"
    paths+=("/${path%%/*}")
  done
  mounts="$(stat --dereference --format=%d:%i -- "${paths[@]}" && stat --format=%d -- "$thimble_workspace")"
  mounts="${mounts//$'\n'/,}"
}
