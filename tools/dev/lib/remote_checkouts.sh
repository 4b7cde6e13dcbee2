# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; sets variables for the script
# The cluster and the cache of tools/remote, with their data in the scratch directory, and checkouts that use them. Sourced.

export THIMBLE_REMOTE_STATE="$scratch/remote"

# start_instance cluster|cache [OPTION...]: sets `address`.
start_instance() {
  local name="$1"
  shift
  on_exit stop_instance "$name"
  "$workspace/tools/remote/$name" up "$@" > "$scratch/$name.flags" 2> "$scratch/$name.log" || check_failed "tools/remote/$name up" "$(< "$scratch/$name.log")"
  address="$(< "$THIMBLE_REMOTE_STATE/$name/address")"
}

stop_instance() { "$workspace/tools/remote/$1" down > "$scratch/down.log" 2>&1; }

# namespace_pid NAME: the pid of a process in the instance's pid namespace.
namespace_pid() { pgrep --parent "$(< "$THIMBLE_REMOTE_STATE/$1/pid")"; }

# in_cluster COMMAND OPTION... PATTERN: runs pgrep or pkill on the cluster's processes.
in_cluster() { "$1" --nslist pid --ns "$(namespace_pid cluster)" "${@:2}"; }

# create_checkout NAME LINE...: copies the workspace to $scratch/NAME, with its own output base and the lines in user.bazelrc.
create_checkout() {
  local directory="$scratch/$1"
  shift
  copy_workspace "$directory"
  printf '%s\n' "$@" > "$directory/user.bazelrc"
  on_exit remove_checkout "$directory"
}

remove_checkout() { (cd "$1" && tools/bazel clean --expunge) > "$scratch/expunge.log" 2>&1; }

# bazel_in NAME COMMAND [ARG...]: the output is in $scratch/bazel.log.
bazel_in() {
  local directory="$scratch/$1"
  shift
  (cd "$directory" && tools/bazel "$@") > "$scratch/bazel.log" 2>&1
}

# build_in NAME [ARG...]: the build must succeed. The execution log is $scratch/NAME.execution.json.
build_in() {
  bazel_in "$1" build --color=no --curses=no --execution_log_json_file="$scratch/$1.execution.json" "${@:2}" ||
    check_failed "bazel build ${*:2} in the checkout $1" "$(tail -n 20 "$scratch/bazel.log")"
}

# executed_runners NAME: the runner of each action that the last build executed; cache hits are not executed.
executed_runners() { jq --raw-output 'select(.cacheHit | not) | .runner' "$scratch/$1.execution.json"; }

# count_runners NAME: `COUNT RUNNER` for each runner, joined by commas.
count_runners() { executed_runners "$1" | sort | uniq --count | sed 's/^ *//' | paste --serial --delimiters ,; }

# count_executed NAME
count_executed() { executed_runners "$1" | wc -l; }
