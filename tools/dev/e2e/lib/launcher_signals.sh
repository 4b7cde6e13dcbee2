# shellcheck shell=bash disable=SC2154 # sourced after harness.sh; reads variables of launcher.sh
# Signals to the launcher during a build of //probe:slow: they cancel the build, and the next command does not wait. Sourced.

# start_slow_build: starts a build whose action runs for an hour, and returns when the action runs. Sets `launcher`. Standard input is a
# terminal, but it is not this session's, so Bazel's client gets no signal from it.
start_slow_build() {
  rm -f "$scratch/action"
  env --chdir="$copy/probe" --default-signal=INT,HUP setsid "$bazel" build --sandbox_writable_path="$scratch" //probe:slow < /dev/ptmx > "$scratch/slow.log" 2>&1 &
  launcher=$!
  await "the slow action starts" 60 test -s "$scratch/action"
}

action_exited() { ! pgrep --full "$slow_command" > /dev/null; }

# check_signal SIGNAL TARGET: TARGET is `-` for the process group, and empty for the launcher.
check_signal() {
  local status=0
  start_slow_build
  kill -s "$1" -- "$2$launcher"
  wait "$launcher" || status=$?
  check_equal "$1${2:+ to the process group}: Bazel's exit code" 8 "$status"
  check_contains "$1: Bazel reports the interruption" "build interrupted" "$(< "$scratch/slow.log")"
  await "$1: the action exits" 10 action_exited
  timeout 30 "$bazel" --noblock_for_lock info release > "$scratch/next.log" 2>&1 || check_failed "$1: the next command does not wait" "$(< "$scratch/next.log")"
  passed "$1: the action exited, and the next command does not wait"
}

stops_on_signals() {
  check_signal INT -
  check_signal INT ''
  check_signal TERM ''
  check_signal TERM -
  check_signal HUP ''
  check_signal HUP -
}

# As before Bazel's client has started. Calls the function directly.
exits_before_client_starts() {
  local signal status launcher
  for signal in HUP:129 INT:130 TERM:143; do
    status=0
    mkfifo "$scratch/started-$signal"
    # shellcheck disable=SC2016 # expanded by the child
    env --default-signal=INT,HUP bash -o errexit -o nounset -c 'source "$0" && run_child bazel sh -c "trap \"\" HUP INT TERM; echo > \"\$0\"; exec sleep 3601" "$1"' \
      "$workspace/tools/distro/launch/child.sh" "$scratch/started-$signal" 2> "$scratch/child.log" &
    launcher=$!
    read -r < "$scratch/started-$signal"
    kill -s "${signal%:*}" "$launcher"
    wait "$launcher" || status=$?
    check_equal "${signal%:*} before Bazel's client has started: the exit code" "${signal#*:}" "$status"
    check_equal "${signal%:*} before Bazel's client has started: messages of bash" "" "$(< "$scratch/child.log")"
  done
}

# A terminal signals all processes of the foreground group.
stops_on_terminal() {
  local status=0 terminal keys
  mkfifo "$scratch/keys"
  rm -f "$scratch/action"
  # shellcheck disable=SC2016 # expanded by script's shell
  BAZEL="$bazel" SCRATCH="$scratch" SHELL=/bin/sh env --chdir="$copy/probe" --default-signal=INT script --quiet --return \
    --command 'exec "$BAZEL" build --sandbox_writable_path="$SCRATCH" //probe:slow' /dev/null < "$scratch/keys" > "$scratch/terminal.log" 2>&1 &
  terminal=$!
  exec {keys}> "$scratch/keys"
  await "the slow action starts" 60 test -s "$scratch/action"
  printf '\003' >&"$keys"
  wait "$terminal" || status=$?
  exec {keys}>&-
  check_equal "Ctrl-C on a terminal: Bazel's exit code" 8 "$status"
  check_contains "Ctrl-C on a terminal: Bazel reports the interruption" "build interrupted" "$(< "$scratch/terminal.log")"
  check_equal "Ctrl-C on a terminal: other signals" "" "$(grep 'caught terminate' "$scratch/terminal.log" || true)"
}

# The shell of the build root, and bazel run of a test.
handles_signals_in_root() {
  local signal status shell
  for signal in INT QUIT; do
    status=0
    mkfifo "$scratch/shell-$signal"
    # shellcheck disable=SC2016 # expanded in the root
    env --default-signal=INT,QUIT setsid "$workspace/tools/distro/shell" bash -c 'trap "kill %1; exit 7" '"$signal"'; sleep 3603 & echo > "$0"; wait' \
      "$scratch/shell-$signal" 2> "$scratch/shell.log" &
    shell=$!
    read -r < "$scratch/shell-$signal"
    kill -s "$signal" -- "-$shell"
    wait "$shell" || status=$?
    check_equal "$signal to a command in the build root that handles it: the exit code" 7 "$status"
  done
  for signal in TERM HUP; do
    mkfifo "$scratch/shell-$signal"
    # shellcheck disable=SC2016 # expanded in the root
    env --default-signal=TERM,HUP "$workspace/tools/distro/shell" bash -c 'trap "kill %1; echo > $1; exit" TERM; sleep 3603 & echo > "$0"; wait' \
      "$scratch/shell-$signal" "$scratch/cleaned-$signal" 2> "$scratch/shell.log" &
    shell=$!
    read -r < "$scratch/shell-$signal"
    kill -s "$signal" "$shell"
    await "$signal to the shell of the build root: the command cleans up" 10 test -e "$scratch/cleaned-$signal"
    passed "$signal to the shell of the build root: the command cleans up"
  done
}

# Bazel's client asks its server for a thread dump.
survives_quit() {
  local status=0
  start_slow_build
  kill -s QUIT -- "-$launcher"
  await "QUIT: the thread dump" 10 grep --quiet 'Full thread dump' "$output_base/server/jvm.out"
  kill -s INT -- "-$launcher"
  wait "$launcher" || status=$?
  check_equal "QUIT to the process group: the build continues until INT" 8 "$status"
}

cancels_when_killed() {
  start_slow_build
  kill -KILL "$launcher"
  wait "$launcher" 2> "$scratch/killed" || true
  await "KILL: the action exits" 10 action_exited
  timeout 30 "$bazel" info release > "$scratch/next.log" 2>&1 || check_failed "KILL: the next command does not wait" "$(< "$scratch/next.log")"
  passed "KILL: the action exited, and the next command does not wait"
}
