# shellcheck shell=bash disable=SC2034,SC2154 # sourced after e2e.sh, whose variables it uses; sets variables for the script
# The cluster and the cache of tools/remote, with their data in the scratch directory, and checkouts that use them. Sourced.

export THIMBLE_REMOTE_STATE="$scratch/remote"

# start_instance cluster|cache [OPTION...]: sets `address`.
start_instance() {
  local name="$1"
  shift
  at_end stop_instance "$name"
  "$workspace/tools/remote/$name" up "$@" > "$scratch/$name.flags" 2> "$scratch/$name.log" || check_failed "tools/remote/$name up" "$(< "$scratch/$name.log")"
  address="$(< "$THIMBLE_REMOTE_STATE/$name/address")"
}

stop_instance() { "$workspace/tools/remote/$1" down > "$scratch/down.log" 2>&1; }

# namespace_of NAME: a process of the instance's pid namespace.
namespace_of() { pgrep --parent "$(< "$THIMBLE_REMOTE_STATE/$1/pid")"; }

# in_cluster COMMAND OPTION... PATTERN: pgrep or pkill among the cluster's processes.
in_cluster() { "$1" --nslist pid --ns "$(namespace_of cluster)" "${@:2}"; }

# new_checkout NAME FLAG...: $scratch/NAME, a copy of the workspace with an output base of its own and these lines in user.bazelrc.
new_checkout() {
  local directory="$scratch/$1"
  shift
  copy_workspace "$directory"
  printf '%s\n' "$@" > "$directory/user.bazelrc"
  at_end remove_checkout "$directory"
}

remove_checkout() { (cd "$1" && tools/bazel clean --expunge) > "$scratch/expunge.log" 2>&1; }

# bazel_in NAME COMMAND [ARG...]: its messages are in $scratch/bazel.log.
bazel_in() {
  local directory="$scratch/$1"
  shift
  (cd "$directory" && tools/bazel "$@") > "$scratch/bazel.log" 2>&1
}

# build_in NAME [ARG...]: fails the script if the build fails. The execution log is $scratch/NAME.execution.json.
build_in() {
  bazel_in "$1" build --color=no --curses=no --execution_log_json_file="$scratch/$1.execution.json" "${@:2}" ||
    check_failed "in the checkout $1: bazel build ${*:2}" "$(tail -n 20 "$scratch/bazel.log")"
}

# runners NAME: how often each runner executed an action of the last build; results of a cache are not executed.
runners() {
  jq --raw-output 'select(.cacheHit | not) | .runner' "$scratch/$1.execution.json" |
    sort | uniq --count | sed 's/^ *//' | paste --serial --delimiters ,
}

# executed NAME: the number of actions.
executed() { jq --raw-output 'select(.cacheHit | not) | .runner' "$scratch/$1.execution.json" | wc -l; }
