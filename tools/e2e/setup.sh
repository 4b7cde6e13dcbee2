#!/usr/bin/env bash
# The build root's set-up, broken in every way that we could think of: killed, interrupted, started twice, without what it needs.
# It makes a whole root in a cache of its own.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

export XDG_CACHE_HOME="$scratch/cache"
readonly cache="$XDG_CACHE_HOME/thimble"

# In a session of its own, so that a signal to the group is what a terminal's would be; a background job would ignore SIGINT.
start_launcher() {
  env --default-signal=INT setsid "$workspace/tools/bazel" --version > "$scratch/$1.out" 2> "$scratch/$1.err" &
  launcher=$!
  at_end end_group "$launcher"
}

end_group() { kill -KILL -- "-$1" 2> /dev/null; }

stage_under_way() { [[ -d "$cache/making/$1" ]] && (($(du --summarize "$cache/making/$1" | cut -f1) > $2)); }

folder_of() { compgen -G "$cache/component/$1-*"; }

killed_in_the_first_stage() {
  start_launcher killed
  await "the first stage's work" 120 stage_under_way debian 100000
  kill -KILL -- "-$launcher"
  wait "$launcher" 2> /dev/null || true
  check_equal "killed, no stage counts as made" "" "$(folder_of debian || true)"
}

interrupted_in_a_later_stage() {
  start_launcher interrupted
  await "a later stage's work" 300 stage_under_way rust-std 100000
  kill -INT -- "-$launcher"
  local status=0
  wait "$launcher" || status=$?
  check_equal "Ctrl-C's exit code" 130 "$status"
  check_contains "what the killed run left is named" "removing what an interrupted run left" "$(< "$scratch/interrupted.err")"
  check_contains "what is kept is said" "the stages that are whole are kept" "$(< "$scratch/interrupted.err")"
  [[ -n "$(folder_of debian)" ]] || check_failed "the whole stages are kept"
  passed "the whole stages are kept"
}

twice_at_once() {
  local first second made
  made="$(stat --format %Z "$(folder_of debian)")"
  start_launcher first
  first=$launcher
  start_launcher second
  second=$launcher
  wait "$first"
  wait "$second"
  check_equal "the first gives Bazel" "bazel 7.7.1" "$(< "$scratch/first.out")"
  check_equal "the second gives Bazel" "bazel 7.7.1" "$(< "$scratch/second.out")"
  check_contains "one waits for the other" "another run is setting up the build root" "$(cat "$scratch/first.err" "$scratch/second.err")"
  check_equal "the first stage is not made again" "$made" "$(stat --format %Z "$(folder_of debian)")"
  check_equal "nothing is left aside" "" "$(ls "$cache/making")"
  start_launcher silent
  wait "$launcher"
  check_equal "all there, the launcher is silent" "" "$(< "$scratch/silent.err")"
}

# refused WHAT TEXT COMMAND...: the command fails, and says so.
refused() {
  local what="$1" text="$2" status=0
  shift 2
  "$@" > "$scratch/refused.log" 2>&1 || status=$?
  ((status != 0)) || check_failed "$what: it should have failed"
  check_contains "$what" "$text" "$(< "$scratch/refused.log")"
}

# With the stages all there, set-up only looks at the machine.
without_namespaces() {
  local forget=(find "$cache/ready" -type f -delete)
  "${forget[@]}"
  # The limit holds in a user namespace of its own; the machine keeps its own.
  # shellcheck disable=SC2016 # expanded inside
  refused "no user namespaces" "linux-sandbox does not work here" \
    unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" --version' "$workspace/tools/bazel"
}

# The functions themselves, on a lock of three packages.
packages_that_moved() {
  local distro="$scratch/moved" said
  mkdir -p "$distro/root" "$distro/made/usr/share/thimble"
  printf 'cargo 1\ngone 1\nrustc 1\n' > "$distro/root/packages.lock"
  printf 'cargo 1\nnew 1\nrustc 2\n' > "$distro/made/usr/share/thimble/packages"
  said="$(
    thimble_distro="$distro"
    source "$workspace/tools/distro/setup/say.sh"
    source "$workspace/tools/distro/setup/stage.sh"
    stage_folder[debian]="$distro/made"
    report_moved_packages "$distro/made" 2>&1
  )"
  check_contains "a newer package is named" "rustc 1 -> 2" "$said"
  check_contains "a package that went is named" "gone 1 -> none" "$said"
  check_contains "it goes on" "going on with the newer ones" "$said"
  [[ "$said" != *cargo* ]] || check_failed "a package that stayed is not named" "$said"
  passed "a package that stayed is not named"
}

without_what_it_needs() {
  local tools="$scratch/tools" tool
  mkdir "$tools"
  for tool in bash cat sha256sum mkdir flock cut du rm readlink ls tail sed df; do ln -s "$(command -v "$tool")" "$tools/$tool"; done
  refused "a relative cache" "must be an absolute path" env XDG_CACHE_HOME=cache "$workspace/tools/bazel" --version
  refused "no home" "neither HOME nor XDG_CACHE_HOME" env --unset=HOME --unset=XDG_CACHE_HOME "$workspace/tools/bazel" --version
  refused "a workspace below /usr" "nothing can be built in /usr" env --chdir=/usr/share "$workspace/tools/bazel" --version
  refused "no apt here" "this system has no apt" env PATH="$tools" XDG_CACHE_HOME="$scratch/no-apt" "$workspace/tools/bazel" --version

  mkdir "$scratch/small"
  mount -t tmpfs -o size=50m tmpfs "$scratch/small"
  at_end umount "$scratch/small"
  refused "too little disk" "too little disk for the build root" env XDG_CACHE_HOME="$scratch/small" "$workspace/tools/bazel" --version

  # A network namespace of its own has nothing in it.
  refused "no network" "the network seems to be the cause" unshare --net env XDG_CACHE_HOME="$scratch/no-net" "$workspace/tools/bazel" --version
}

main() {
  killed_in_the_first_stage
  interrupted_in_a_later_stage
  twice_at_once
  without_namespaces
  packages_that_moved
  without_what_it_needs
  printf '%s checks passed\n' "$checks_passed"
}

main
