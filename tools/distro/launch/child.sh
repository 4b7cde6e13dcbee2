# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Runs a program as a child and forwards signals to it.

# exec_statements EXPORTS STATEMENTS [ENV_ARG...]: replaces this process by a shell that executes the statements with only the exported
# variables and those of ENV_ARG. The exports may contain credentials, and every user can read the arguments of `env`.
exec_statements() {
  local script
  # The program must not inherit the script's descriptor.
  # shellcheck disable=SC2016 # expanded by the script
  exec {script}<<< 'script="${0##*/}"; exec {script}<&-; unset -v script'$'\n'"{ $1"$'\n'"} 2> /dev/null"$'\n'"$2"
  exec env --ignore-environment "${@:3}" /bin/bash -p "/dev/fd/$script"
}

# run_child PROGRAM COMMAND [ARG...]: returns the command's exit code. PROGRAM is bazel or setup. INT, TERM and HUP terminate it
# gracefully. A terminal in whose foreground the launcher is sends INT to Bazel's client, too; set-up runs in a separate process group and
# gets signals only from here.
run_child() {
  local status=0
  child_program="$1"
  shift
  [[ -e /proc/self/fd/0 ]] || exec 0< /dev/null
  child='' child_signaled=''
  trap 'signal_child HUP 129' HUP
  trap 'signal_child INT 130' INT
  trap 'signal_child TERM 143' TERM
  [[ "$child_program" == bazel ]] || set -o monitor
  "$@" <&0 &
  child=$!
  set +o monitor
  # shellcheck disable=SC2086 # two arguments
  [[ -z "$child_signaled" ]] || signal_child $child_signaled
  wait "$child" || status=$?
  # A trap interrupts `wait` before the child exits.
  while [[ -n "$child_signaled" ]]; do
    child_signaled=''
    status=0
    wait "$child" || status=$?
  done
  trap - TERM HUP INT
  return "$status"
}

# signal_child SIGNAL STATUS: forwards to Bazel's client, which shuts its command down; a signal to bubblewrap would kill all processes in
# the root. STATUS is the exit code before Bazel's client has started.
signal_child() {
  local signal="$1" client='' name='' group foreground
  child_signaled="$*"
  # run_child forwards it after the start of the child.
  [[ -n "$child" ]] || return 0
  if [[ "$child_program" == bazel ]]; then
    # The list of children has no final newline, so `read` fails at its end.
    {
      read -r client _ < "/proc/$child/task/$child/children" || true
      read -r name < "/proc/$client/comm" || true
    } 2> /dev/null
    if [[ "$name" != bazel ]]; then
      kill -s KILL "$child" 2> /dev/null || true
      exit "$2"
    fi
    if [[ "$signal" == INT ]]; then
      # A terminal signals the whole foreground process group: proc_pid_stat(5).
      read -r _ _ _ _ group _ _ foreground _ < "/proc/$$/stat"
      ((group != foreground)) || return 0
    fi
    # HUP would kill the client. At the third INT it kills its server, and it gets those to the process group itself.
    signal=TERM
  fi
  kill -s "$signal" "${client:-$child}" 2> /dev/null || true
  # A stopped process handles no signal.
  [[ "$child_program" == bazel ]] || kill -s CONT "$child" 2> /dev/null || true
}

# run_bazel ARG...: runs Bazel's client in the root and returns its exit code.
run_bazel() {
  local status=0
  build_enter
  mount_identity
  run_child bazel enter_bazel "$@" || status=$?
  ((status == 0)) || explain_failure "$status"
  return "$status"
}

# A server keeps the mounts that it was started with, so a startup option without effect changes with the mounts and makes Bazel
# restart the server. Each root has its own output bases, because actions use its gcc and libc without declaring them.
enter_bazel() {
  # Bubblewrap must survive a signal to the process group. Bazel's client handles INT and TERM, but HUP would kill it. If the launcher is
  # killed, so is bubblewrap; TERM instead of KILL lets the client cancel the command, which would otherwise keep running in the server.
  trap '' INT TERM HUP QUIT
  local rc_options=(--bazelrc="$thimble_distro/distro.bazelrc") startup_options=(--host_jvm_args="-Dthimble.root=$root_key.$mounts")
  # In a CI job, most code of Bazel runs too few times for the JVM's optimizing compiler to pay.
  [[ "${caller[CI]:-}" == @(|0|false) ]] || startup_options+=(--host_jvm_args=-XX:TieredStopAtLevel=1)
  startup_options+=("${@:1:command_index - 1}")
  if [[ -n "$ignore_rc_files" ]]; then
    # All rc files except the build root's.
    rc_options+=(--noworkspace_rc --nohome_rc --bazelrc=/dev/null)
    startup_options+=(--noignore_all_rc_files)
  fi
  # The arguments are passed through a file, because bubblewrap accepts 9,000 at most. A server would keep the caller's descriptors, such as
  # the lock of `flock FILE tools/bazel ...`.
  # shellcheck disable=SC2016 # expanded in the root
  exec bwrap --args 8 --ro-bind-data 7 /thimble/identity.bazelrc --chdir "$PWD" -- \
    bash -c 'mapfile -d "" -t arguments <&9; for fd in /proc/self/fd/*; do fd="${fd##*/}"; ((fd < 3)) || exec {fd}>&-; done; exec env --default-signal=INT,TERM,QUIT setpriv --pdeathsig TERM bazel "${arguments[@]}"' \
    7<<< "build --remote_default_exec_properties=build-root=$build_root" 8< <(printf '%s\0' "${enter[@]}") 9< <(printf '%s\0' \
      --nosystem_rc "${rc_options[@]}" \
      --output_user_root="$thimble_cache/bazel/${components[debian]##*-}" "${startup_options[@]}" "${@:command_index}")
}

# Sets `mounts`, which identifies the top-level directories of this command's paths: a replaced directory has another inode, a new
# mount another device.
mount_identity() {
  local path paths=()
  for path in "$thimble_workspace" "$thimble_distro" "$PWD" "$thimble_cache"; do
    path="${path#/}"
    paths+=("/${path%%/*}")
  done
  mounts="$(stat --dereference --format=%d:%i -- "${paths[@]}" && stat --format=%d -- "$thimble_workspace")"
  mounts="${mounts//$'\n'/,}"
}
