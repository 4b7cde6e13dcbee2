#!/usr/bin/env bash
# Remote execution and a remote cache, on the cluster and the cache of tools/remote: who executes what, what a second checkout costs, and that
# a service that is killed, slow, full or wrong never makes a build wrong. tools/bench/remote.sh has figures, of hello's image.
# Takes 3 minutes, and one more with `.ci/run --full`, when PostgreSQL and the store are killed as well.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/lib/remote_checkouts.sh
source "${BASH_SOURCE[0]%/*}/../lib/remote_checkouts.sh"

# A program of Rust, C and C++.
# Each costs 20 s with a cache that hangs: two tries to read it, two to write it.
readonly new_actions=4
readonly program=//platforms/probe:probe_amd64 program_file=bazel-bin/platforms/probe/probe_amd64
need_built linux_x86_64_musl //platforms/probe:probe_amd64

# In a package of the checkout's: what must run here, and actions that no cache has had.
add_package() {
  mkdir "$scratch/$1/e2e"
  cat > "$scratch/$1/e2e/BUILD.bazel" << BUILD
genrule(name = "local", outs = ["local.txt"], cmd = "echo local > \$@", tags = ["no-remote-exec"])
genrule(name = "network", outs = ["network.txt"], cmd = "sed 1,2d /proc/net/dev | cut -d: -f1 | xargs > \$@")
genrule(name = "pooled", outs = ["pooled.txt"], cmd = "echo $scratch > \$@", exec_properties = {"OSFamily": "linux"})
[genrule(name = "new_%d" % n, outs = ["new_%d.txt" % n], cmd = "echo $scratch %d > \$@" % n) for n in range($new_actions)]
filegroup(name = "new", srcs = [":new_%d" % n for n in range($new_actions)])
BUILD
}

digest_of_program() { sha256sum < "$scratch/$1/$program_file"; }

check_commands() {
  local status=0
  "$workspace/tools/remote/cluster" up > "$scratch/second.log" 2>&1 || status=$?
  check_equal "a second cluster in the same place is refused" 1 "$status"
  check_contains "the message names the command that stops the first" "tools/remote/cluster down" "$(< "$scratch/second.log")"
  status=0
  "$workspace/tools/remote/cluster" up --workers none > "$scratch/usage.log" 2>&1 || status=$?
  check_equal "an unknown number of workers is a usage error" 64 "$status"
  check_contains "the message quotes it" 'invalid --workers "none"' "$(< "$scratch/usage.log")"
}

check_remote_build() {
  build_in first --config=remote-exec "$program" //e2e:local //e2e:network
  printf 'executed: %s\n' "$(count_runners first)"
  check_equal "one action is executed here: the one that is tagged so" "//e2e:local" \
    "$(jq --raw-output 'select(.cacheHit | not) | select(.runner != "remote") | .targetLabel' "$scratch/first.execution.json")"
  check_equal "the program is the one that is built here" "$(sha256sum < "$built/linux_x86_64_musl/${program_file#bazel-bin/}")" "$(digest_of_program first)"
  check_equal "an action on a worker has no network but its own loopback" lo "$(< "$scratch/first/bazel-bin/e2e/network.txt")"
}

check_second_checkout() {
  build_in second --config=remote-exec "$program"
  check_equal "a second checkout executes nothing" 0 "$(count_executed second)"
  check_equal "its program is the same" "$(digest_of_program first)" "$(digest_of_program second)"
  check_equal "of the Rust libraries none is downloaded" "" "$(find "$scratch/second/bazel-out/" -type f -name '*.rlib' 2> /dev/null)"
}

# Results of another root are not taken, whatever properties a target has of its own.
check_identity() {
  local name
  build_in first --config=remote-exec //e2e:new_0 //e2e:pooled
  for name in new_0 pooled; do
    check_contains "the build root is a property of //e2e:$name" "build-root" \
      "$(jq --raw-output "select(.targetLabel == \"//e2e:$name\") | .platform.properties[].name" "$scratch/first.execution.json")"
  done
}

# Nothing is executed here instead.
check_absent_service() {
  local status=0
  bazel_in first build --config=remote-exec --remote_executor=grpc://127.0.0.1:1 --remote_retries=1 //e2e:new_1 || status=$?
  check_equal "an execution service that is down fails the build" 34 "$status"
  check_contains "Bazel says what failed" "Failed to query remote execution capabilities" "$(< "$scratch/bazel.log")"
  [[ ! -e "$scratch/first/bazel-bin/e2e/new_1.txt" ]] || check_failed "nothing is executed here instead"
  passed "nothing is executed here instead"
}

# A build whose compiler runs while a part of the cluster is killed. The edit gives another action and the same program.
check_killed() {
  local what="$1" pattern="$2" build started=$SECONDS
  printf '// Before %s is killed.\n' "$what" >> "$scratch/first/platforms/probe/src/main.rs"
  (build_in first --config=remote-exec "$program") &
  build=$!
  await "a compiler on a worker" 60 in_cluster pgrep --full 'rustc .*probe'
  in_cluster pkill --signal KILL --full "$pattern" || check_failed "$what runs"
  wait "$build" || check_failed "the build, while $what was killed"
  check_equal "$what was killed: the program is the same" "$(digest_of_program second)" "$(digest_of_program first)"
  check_equal "$what was killed: everything was executed on workers" "remote" "$(count_runners first | sed 's/^[0-9]* //')"
  printf '%s was killed: the build took %s s\n' "$what" "$((SECONDS - started))"
}

# Both build the same at the same time.
check_two_developers() {
  local name builds=()
  for name in first second; do
    printf '// Of two developers.\n' >> "$scratch/$name/platforms/probe/src/main.rs"
    (build_in "$name" --config=remote-exec "$program") &
    builds+=("$!")
  done
  for name in "${builds[@]}"; do wait "$name" || check_failed "two builds at once"; done
  check_equal "two builds at once give the same program" "$(digest_of_program first)" "$(digest_of_program second)"
}

check_killed_cluster() {
  local status=0 process
  process="$(namespace_pid cluster)"
  in_cluster pkill --signal KILL supervisord
  await "the end of all processes" 10 cluster_is_gone "$process"
  passed "the supervisor was killed: nothing is left running"
  "$workspace/tools/remote/cluster" status > "$scratch/status.log" 2>&1 || status=$?
  check_equal "the supervisor was killed: the status is 1" 1 "$status"
  check_contains "the supervisor was killed: the status says so" "it was killed" "$(< "$scratch/status.log")"
  start_instance cluster --workers 1
  printf 'build:remote-exec --remote_executor=grpc://%s\n' "$address" > "$scratch/second/user.bazelrc"
  bazel_in second clean
  build_in second --config=remote-exec --disk_cache= "$program"
  check_equal "the store outlives the cluster" 0 "$(count_executed second)"
}

cluster_is_gone() { ! kill -0 "$1" && flock --nonblock "$THIMBLE_REMOTE_STATE/cluster/lock" true; }

# start_faulty_cache FAULT: over the blobs of those before.
start_faulty_cache() {
  rm -f "$scratch/port"
  python3 "$workspace/tools/e2e/lib/faulty_cache.py" "$scratch/blobs" "$1" "$scratch/port" &
  faulty_cache=$!
  on_exit stop_faulty_cache
  await "the start of the cache" 30 test -e "$scratch/port"
}

stop_faulty_cache() {
  kill "$faulty_cache"
  wait "$faulty_cache"
} 2> /dev/null

# check_faulty_cache FAULT EXECUTED
check_faulty_cache() {
  local what="a cache with the fault $1" started=$SECONDS n
  start_faulty_cache "$1"
  bazel_in first clean
  build_in first --config=remote-cache-write --remote_cache="http://127.0.0.1:$(< "$scratch/port")" //e2e:new
  check_equal "$what: actions executed" "$2" "$(count_executed first)"
  for ((n = 0; n < new_actions; ++n)); do
    [[ "$(< "$scratch/first/bazel-bin/e2e/new_$n.txt")" == "$scratch $n" ]] || check_failed "$what: the result of //e2e:new_$n"
  done
  printf '%s: %s right results after %s s\n' "$what" "$n" "$((SECONDS - started))"
  stop_faulty_cache || true
}

# A checkout whose build root is another one takes nothing of what this one has put into the cache.
check_other_root() {
  local launcher=tools/distro/launch/child.sh
  # shellcheck disable=SC2016 # the launcher's own text
  sed -i 's/build-root=\$build_root/build-root=other/' "$scratch/first/$launcher"
  ! cmp --quiet "$launcher" "$scratch/first/$launcher" || check_failed "the launcher names the build root"
  check_faulty_cache none "$new_actions"
  cp "$launcher" "$scratch/first/$launcher"
}

main() {
  need_packages jq procps python3
  cd "$workspace"
  start_instance cluster --workers 2
  create_checkout first "build:remote-exec --remote_executor=grpc://$address" 'build --disk_cache='
  create_checkout second "build:remote-exec --remote_executor=grpc://$address" 'build --disk_cache='
  add_package first
  check_commands
  check_remote_build
  check_second_checkout
  check_identity
  check_absent_service
  check_killed "a worker" 'buildbox-worker.*worker-'
  check_killed "the server" 'bgd server'
  if [[ -n "${THIMBLE_E2E_FULL:-}" ]]; then
    check_killed "PostgreSQL" 'bin/postgres -D'
    check_killed "the store" 'casd.*store.sock'
  fi
  check_two_developers
  check_killed_cluster
  check_faulty_cache none "$new_actions"
  check_faulty_cache none 0
  check_other_root
  check_faulty_cache errors "$new_actions"
  check_faulty_cache corrupted "$new_actions"
  check_faulty_cache truncated "$new_actions"
  check_faulty_cache full 0
  check_faulty_cache hangs "$new_actions"
  report_checks
}

main
