#!/usr/bin/env bash
# Verifies remote execution and a remote cache with tools/remote: where actions run, that a second checkout executes none, and that killed, slow,
# full or faulty services never cause a wrong result. Takes 2 minutes, and one more with `.ci/run --full`, which also kills PostgreSQL and the
# store. Needs root. tools/dev/bench/remote.sh measures.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/remote_checkouts.sh
source "${BASH_SOURCE[0]%/*}/../lib/remote_checkouts.sh"

readonly new_actions=4
# The content of their input alternates between 0 and 1, so that each build looks their results up in the cache, without `bazel clean`.
input=0
# A program of Rust, C and C++.
readonly program=//platforms/probe:probe_amd64 program_file=bazel-bin/platforms/probe/probe_amd64
readonly program_source=platforms/probe/src/main.rs
need_built linux_x86_64_musl //platforms/probe:probe_amd64

# Adds a package with an action that must run locally, and actions that no cache has.
add_package() {
  mkdir "$scratch/$1/e2e"
  printf '%s\n' "$input" > "$scratch/$1/e2e/input.txt"
  cat > "$scratch/$1/e2e/BUILD.bazel" << BUILD
genrule(name = "local", outs = ["local.txt"], cmd = "echo local > \$@", tags = ["no-remote-exec"])
genrule(name = "network", outs = ["network.txt"], cmd = "sed 1,2d /proc/net/dev | cut -d: -f1 | xargs > \$@")
genrule(name = "namespaces", outs = ["namespaces.txt"], cmd = "unshare --user --map-current-user --mount echo permitted > \$@")
genrule(name = "pooled", outs = ["pooled.txt"], cmd = "echo $scratch > \$@", exec_properties = {"OSFamily": "linux"})
[genrule(name = "new_%d" % n, srcs = ["input.txt"], outs = ["new_%d.txt" % n], cmd = "echo $scratch %d \$\$(cat \$<) > \$@" % n) for n in range($new_actions)]
filegroup(name = "new", srcs = [":new_%d" % n for n in range($new_actions)])
BUILD
}

change_input() {
  input=$((1 - input))
  printf '%s\n' "$input" > "$scratch/first/e2e/input.txt"
}

digest_of_program() { sha256sum < "$scratch/$1/$program_file"; }

check_commands() {
  local status=0
  "$workspace/tools/remote/cluster" up > "$scratch/second.log" 2>&1 || status=$?
  check_equal "a second cluster in the same directory is rejected" 1 "$status"
  check_contains "the message has the command that stops the first" "tools/remote/cluster down" "$(< "$scratch/second.log")"
  status=0
  "$workspace/tools/remote/cluster" up --workers none > "$scratch/usage.log" 2>&1 || status=$?
  check_equal "an invalid number of workers is a usage error" 64 "$status"
  check_contains "the message quotes the value" 'invalid --workers "none"' "$(< "$scratch/usage.log")"
  status=0
  THIMBLE_REMOTE_STATE=relative "$workspace/tools/remote/cache" up > "$scratch/usage.log" 2>&1 || status=$?
  check_equal "a relative directory is a usage error" 64 "$status"
  check_rejected_directory cache "a directory that cannot be created" /proc/none "cannot write /proc/none/cache: No such file or directory"
  mkdir "$scratch/small"
  mount -t tmpfs -o size=5m tmpfs "$scratch/small"
  on_exit umount "$scratch/small"
  check_rejected_directory cache "a full file system" "$scratch/small" "too little disk for the cache: 5 MB free"
  mount -o remount,size=2g "$scratch/small"
  check_rejected_directory cluster "a file system on which buildbox stores nothing" "$scratch/small" "too little disk for the cluster: 2048 MB free"
  chmod 755 "$scratch"
  status=0
  setpriv --reuid 54321 --regid 54321 --clear-groups "$workspace/tools/remote/cluster" down > "$scratch/owner.log" 2>&1 || status=$?
  check_equal "another user cannot stop the cluster" 1 "$status"
  check_contains "the message names the owner" "belongs to the user root" "$(< "$scratch/owner.log")"
}

# check_rejected_directory NAME LABEL DIRECTORY MESSAGE
check_rejected_directory() {
  THIMBLE_REMOTE_STATE="$3" "$workspace/tools/remote/$1" up > "$scratch/rejected.log" 2>&1 && check_failed "$2 is rejected"
  check_contains "$2" "$4" "$(< "$scratch/rejected.log")"
}

# The first port is that of another server, as if it had been taken just before the services bind it.
check_taken_port() {
  local remote="$scratch/first/tools/remote" port
  port="$(free_port)"
  python3 -m http.server --bind 127.0.0.1 --directory "$scratch/first/tools" "$port" > "$scratch/server.log" 2>&1 &
  on_exit kill "$!"
  await "another server starts" 30 curl --silent --output "$scratch/response" "http://127.0.0.1:$port"
  # shellcheck disable=SC2016 # text of the script
  sed -i 's/^free_port() {/& if ((attempt == 1)); then echo '"$port"'; return; fi;/' "$remote/lib/instance.sh"
  ! cmp --quiet "$workspace/tools/remote/lib/instance.sh" "$remote/lib/instance.sh" || check_failed "the script chooses a port"
  THIMBLE_REMOTE_STATE="$scratch/taken" run_logged taken "tools/remote/cache up" "$remote/cache" up
  check_contains "a taken port is reported" "another program took port $port; trying another port" "$(< "$scratch/taken.log")"
  serves_builds "$(< "$scratch/taken/cache/address")"
  THIMBLE_REMOTE_STATE="$scratch/taken" restarts_killed_cache
  [[ -z "${THIMBLE_E2E_FULL:-}" ]] || THIMBLE_REMOTE_STATE="$scratch/taken" detects_hung_supervisor
  THIMBLE_REMOTE_STATE="$scratch/taken" run_logged down "tools/remote/cache down" "$remote/cache" down
  cp "$workspace/tools/remote/lib/instance.sh" "$remote/lib/instance.sh"
}

# serves_builds ADDRESS: the results of nginx, which compresses them, are those that were written.
serves_builds() {
  local executed
  for executed in "$new_actions" "$new_actions" 0; do
    change_input
    build_in first --config=remote-cache-write --remote_cache="http://$1" //e2e:new
    check_equal "a cache of tools/remote: actions executed" "$executed" "$(count_executed first)"
  done
}

restarts_killed_cache() {
  local namespace
  namespace="$(namespace_pid cache)"
  pkill --signal KILL --nslist pid --ns "$namespace" --full 'nginx: master'
  # The title of a master that has bound the port.
  await "the cache is restarted" 10 pgrep --nslist pid --ns "$namespace" --full 'nginx: master'
  passed "a killed cache is restarted"
}

# The instance can still be stopped.
detects_hung_supervisor() {
  pkill --signal STOP --nslist pid --ns "$(namespace_pid cache)" supervisord
  check_status cache "the supervisor of the cache does not respond"
}

detects_hung_queue() {
  in_cluster pkill --signal STOP --full 'bin/postgres -D'
  check_status cluster "not all services respond"
  in_cluster pkill --signal CONT --full 'bin/postgres -D'
}

# check_status NAME MESSAGE
check_status() {
  local status=0
  timeout 30 "$workspace/tools/remote/$1" status > "$scratch/status.log" 2>&1 || status=$?
  check_equal "$2: the status is 1" 1 "$status"
  check_contains "the status reports it" "$2" "$(< "$scratch/status.log")"
}

check_remote_build() {
  build_in first --config=remote-exec "$program" //e2e:local //e2e:network //e2e:namespaces
  printf 'executed: %s\n' "$(count_runners first)"
  check_equal "only the action with the tag no-remote-exec runs locally" "//e2e:local" \
    "$(jq --raw-output 'select(.cacheHit | not) | select(.runner != "remote") | .targetLabel' "$scratch/first.execution.json")"
  check_equal "the program equals the locally built one" "$(sha256sum < "$built/linux_x86_64_musl/${program_file#bazel-bin/}")" "$(digest_of_program first)"
  check_equal "an action on a worker has only a loopback" lo "$(< "$scratch/first/bazel-bin/e2e/network.txt")"
  # Build scripts run in a mount namespace: docs/cargo.md
  check_equal "an action on a worker can create namespaces" permitted "$(< "$scratch/first/bazel-bin/e2e/namespaces.txt")"
}

# A build script that compiles paths into a library. The first build runs it locally.
check_build_script() {
  local target=//tools/rust/tests/build_paths:all output
  build_in first "$target"
  output="$(digest_of_build_script)"
  bazel_in first clean
  build_in first --config=remote-exec --remote_download_outputs=all "$target"
  check_equal "the outputs of a build script on a worker are the local ones" "$output" "$(digest_of_build_script)"
}

digest_of_build_script() { (cd "$scratch/first/bazel-bin/tools/rust/tests/build_paths" && find . -path '*.out_dir/*' -type f -exec sha256sum {} + | sort); }

check_second_checkout() {
  build_in second --config=remote-exec "$program"
  check_equal "a second checkout executes no action" 0 "$(count_executed second)"
  check_equal "the second checkout has the same program" "$(digest_of_program first)" "$(digest_of_program second)"
  check_equal "the second checkout downloads no Rust library" "" "$(find "$scratch/second/bazel-out/" -type f -name '*.rlib' 2> /dev/null)"
}

# Results depend on the build root, also for targets with exec_properties.
check_build_root_property() {
  local name
  build_in first --config=remote-exec //e2e:new_0 //e2e:pooled
  for name in new_0 pooled; do
    check_contains "//e2e:$name has the property build-root" "build-root" \
      "$(jq --raw-output "select(.targetLabel == \"//e2e:$name\") | .platform.properties[].name" "$scratch/first.execution.json")"
  done
}

check_absent_service() {
  local status=0
  bazel_in first build --config=remote-exec --remote_executor=grpc://127.0.0.1:1 --remote_retries=1 //e2e:new_1 || status=$?
  check_equal "an unavailable execution service fails the build" 34 "$status"
  check_contains "Bazel reports the service" "Failed to query remote execution capabilities" "$(< "$scratch/bazel.log")"
  [[ ! -e "$scratch/first/bazel-bin/e2e/new_1.txt" ]] || check_failed "no action runs locally instead"
  passed "no action runs locally instead"
}

# Kills a process of the cluster while a compiler runs. The edit changes the action but not the program.
check_killed() {
  local what="$1" pattern="$2" build started=$SECONDS
  printf '// Before %s is killed.\n' "$what" >> "$scratch/first/$program_source"
  (build_in first --config=remote-exec "$program") &
  build=$!
  await "a compiler on a worker" 60 in_cluster pgrep --full 'rustc .*probe'
  in_cluster pkill --signal KILL --full "$pattern" || check_failed "$what is running"
  wait "$build" || check_failed "the build, while $what was killed"
  check_equal "$what was killed: the program is the same" "$(digest_of_program second)" "$(digest_of_program first)"
  check_equal "$what was killed: all actions ran on workers" "remote" "$(count_runners first | sed 's/^[0-9]* //')"
  printf '%s was killed: the build took %s s\n' "$what" "$((SECONDS - started))"
}

# A worker that gets TERM exits with 0.
restarts_ended_workers() {
  local process processes
  mapfile -t processes < <(in_cluster pgrep --full '^buildbox-worker')
  kill "${processes[@]}"
  for process in "${processes[@]}"; do await "a worker exits" 10 has_exited "$process"; done
  await "the workers are restarted" 30 has_workers "${#processes[@]}"
  passed "workers that exit are restarted"
}

has_exited() { ! kill -0 "$1"; }

has_workers() { [[ "$(in_cluster pgrep --count --full '^buildbox-worker')" == "$1" ]]; }

# Both build the same change concurrently.
check_two_developers() {
  local name builds=()
  for name in first second; do
    { cat "$program_source" && printf '// Of two developers.\n'; } > "$scratch/$name/$program_source"
    (build_in "$name" --config=remote-exec "$program") &
    builds+=("$!")
  done
  for name in "${builds[@]}"; do wait "$name" || check_failed "concurrent builds"; done
  check_equal "concurrent builds produce the same program" "$(digest_of_program first)" "$(digest_of_program second)"
}

check_killed_cluster() {
  local process
  process="$(namespace_pid cluster)"
  in_cluster pkill --signal KILL supervisord
  await "all processes exit" 10 cluster_has_stopped "$process"
  passed "the supervisor was killed: no process remains"
  check_status cluster "it was killed"
  start_instance cluster --workers 1
  printf 'build:remote-exec --remote_executor=grpc://%s\nbuild --disk_cache=\n' "$address" > "$scratch/second/user.bazelrc"
  # The source of the first build.
  cp "$program_source" "$scratch/second/$program_source"
  build_in second --config=remote-exec "$program"
  check_equal "a new cluster keeps the store" "remote cache hit" "$(jq --raw-output .runner "$scratch/second.execution.json" | sort --unique)"
}

cluster_has_stopped() { ! kill -0 "$1" && flock --nonblock "$THIMBLE_REMOTE_STATE/cluster/lock" true; }

# start_faulty_cache FAULT: keeps the blobs of earlier caches.
start_faulty_cache() {
  rm -f "$scratch/port"
  python3 "$workspace/tools/dev/e2e/lib/faulty_cache.py" "$scratch/blobs" "$1" "$scratch/port" &
  faulty_cache=$!
  on_exit stop_faulty_cache
  await "the cache starts" 30 test -e "$scratch/port"
}

stop_faulty_cache() {
  kill "$faulty_cache"
  wait "$faulty_cache"
} 2> /dev/null

# check_unusable_cache LABEL FLAG...: actions run locally.
check_unusable_cache() {
  local what="$1"
  shift
  change_input
  build_in first --config=remote-cache-write "$@" //e2e:new
  check_equal "$what: actions executed" "$new_actions linux-sandbox" "$(count_runners first)"
  [[ "$(< "$scratch/bazel.log")" != *'was expanded to from both'* ]] || check_failed "no config overrides another" "$(< "$scratch/bazel.log")"
}

# check_faulty_cache FAULT EXECUTED FLAG...
check_faulty_cache() {
  local what="a cache with the fault $1" started=$SECONDS n
  start_faulty_cache "$1"
  change_input
  build_in first --config=remote-cache-write --remote_cache="http://127.0.0.1:$(< "$scratch/port")" "${@:3}" //e2e:new
  check_equal "$what: actions executed" "$2" "$(count_executed first)"
  for ((n = 0; n < new_actions; ++n)); do
    [[ "$(< "$scratch/first/bazel-bin/e2e/new_$n.txt")" == "$scratch $n $input" ]] || check_failed "$what: the result of //e2e:new_$n"
  done
  printf '%s: %s correct results after %s s\n' "$what" "$n" "$((SECONDS - started))"
  stop_faulty_cache || true
}

# A checkout with another build root must not use cached results of this one.
check_other_root() {
  local launcher=tools/distro/launch/child.sh
  # shellcheck disable=SC2016 # text of the launcher
  sed -i 's/build-root=\$build_root/build-root=other/' "$scratch/first/$launcher"
  ! cmp --quiet "$launcher" "$scratch/first/$launcher" || check_failed "the launcher sets the property build-root"
  check_faulty_cache none "$new_actions"
  cp "$launcher" "$scratch/first/$launcher"
}

main() {
  # An action waits for two attempts to read and two to write: 20 s with the timeout of the config.
  local hang_flags=(--remote_timeout=1s)
  need_packages curl jq procps python3
  need_readable_workspace
  cd "$workspace"
  start_instance cluster --workers 2
  create_checkout first "build:remote-exec --remote_executor=grpc://$address" 'build --disk_cache='
  create_checkout second "build:remote-exec --remote_executor=grpc://$address" 'build --disk_cache='
  add_package first
  check_commands
  check_remote_build
  check_second_checkout
  check_build_root_property
  check_absent_service
  check_taken_port
  restarts_ended_workers
  check_killed "a worker" 'buildbox-worker.*worker-'
  check_killed "the server" 'bgd server'
  if [[ -n "${THIMBLE_E2E_FULL:-}" ]]; then
    hang_flags=()
    detects_hung_queue
    check_build_script
    check_killed "PostgreSQL" 'bin/postgres -D'
    check_killed "the store" 'casd.*store.sock'
  fi
  check_two_developers
  check_killed_cluster
  check_faulty_cache none "$new_actions"
  check_faulty_cache none "$new_actions"
  check_faulty_cache none 0
  check_other_root
  check_faulty_cache errors "$new_actions"
  check_faulty_cache denied "$new_actions"
  check_faulty_cache login "$new_actions"
  check_faulty_cache short "$new_actions"
  check_faulty_cache reset "$new_actions"
  check_unusable_cache "an absent gRPC cache" --remote_cache=grpc://127.0.0.1:1
  check_unusable_cache "another instance name" --remote_cache="grpc://$address" --remote_instance_name=other
  check_unusable_cache "a credential helper that fails" --remote_cache="grpc://$address" --credential_helper=/bin/false
  check_faulty_cache corrupted "$new_actions"
  check_faulty_cache truncated "$new_actions"
  check_faulty_cache full 0
  check_faulty_cache hangs "$new_actions" "${hang_flags[@]}"
  report_checks
}

main
