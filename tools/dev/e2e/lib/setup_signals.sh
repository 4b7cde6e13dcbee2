# shellcheck shell=bash disable=SC2154 # sourced after harness.sh; reads variables of setup.sh
# Signals to the launcher and to set-up, and locks that set-up waits for. Sourced.

# start_launcher NAME [VARIABLE=VALUE...]: runs in a new session, because a terminal signals the whole group. The defaults are restored because a
# background job ignores SIGINT, and one under nohup SIGHUP.
start_launcher() {
  local name="$1"
  shift
  env --default-signal=INT,HUP "$@" setsid "$workspace/tools/bazel" --version > "$scratch/$name.out" 2> "$scratch/$name.err" &
  launcher=$!
  on_exit kill_group "$launcher"
}

kill_group() { kill -KILL -- "-$1" 2> /dev/null || true; }

is_std_building() { grep --quiet 'Compiling' "$cache/log/rust-std.log"; }

is_debian_building() { [[ -d "$cache/making/debian" ]] && (($(du --summarize "$cache/making/debian" | cut -f1) > 50000)); }

# No process of set-up runs, and the lock is free.
has_setup_exited() { ! pgrep --full "$cache/(making|ready)" > /dev/null && flock --nonblock "$cache/lock" true; }

# check_interruption LABEL STATUS MESSAGE COMMAND...: the command interrupts the stage that builds Rust's std.
check_interruption() {
  local label="$1" expected="$2" message="$3" status=0
  shift 3
  rm -rf "$(find_component rust-std)" "$cache/log/rust-std.log"
  start_launcher interrupted "${hostile[@]}"
  await "$label: the stage builds" 120 is_std_building
  "$@"
  wait "$launcher" || status=$?
  [[ -z "$expected" ]] || check_equal "$label: the exit code" "$expected" "$status"
  [[ -z "$message" ]] || check_contains "$label: the message" "$message" "$(< "$scratch/interrupted.err")"
  await "$label: the processes of set-up exit" 10 has_setup_exited
  passed "$label: the processes of set-up exited"
  check_equal "$label: the incomplete component is not stored" "" "$(find_component rust-std || true)"
  rm -f "$cache"/ready/*
}

signal_launcher() { kill -s "$1" "$launcher"; }
signal_group() { kill -s "$1" -- "-$launcher"; }
signal_stopped_setup() { signal_setup STOP && signal_launcher "$1"; }
signal_setup() { kill -s "$1" "$(pgrep --oldest --full "bash -p .*/setup.sh .* $cache/ready/")"; }

# Checks the environment of the running cargo, then interrupts it.
check_cargo_environment() {
  local process
  process="$(pgrep --oldest --full "^cargo build --offline --release")"
  check_equal "variables of the caller that reach cargo" "" \
    "$(tr '\0' '\n' < "/proc/$process/environ" | grep --extended-regexp '^(CARGO_(PROFILE|TARGET_X)|RUSTC_WRAPPER=/bin|PIP_|SSL_|components|CDPATH)' || true)"
  signal_group INT
}

stops_when_interrupted() {
  local kept="the complete stages are kept"
  check_interruption "Ctrl-C" 130 "$kept" check_cargo_environment
  check_interruption "TERM to the launcher" 143 "$kept" signal_launcher TERM
  check_interruption "TERM to the process group" 143 "$kept" signal_group TERM
  check_interruption "HUP to the launcher" 129 "$kept" signal_launcher HUP
  check_interruption "TERM to the launcher while set-up is stopped" 143 "$kept" signal_stopped_setup TERM
  check_interruption "TERM to set-up" 143 "$kept" signal_setup TERM
  check_interruption "KILL to set-up" 137 "" signal_setup KILL
  check_interruption "KILL to the launcher" 137 "" signal_launcher KILL
}

# A terminal with `stty tostop` stops background processes that write to it.
writes_to_terminal() {
  rm -rf "$(find_component rules_rust)" "$cache"/ready/*
  # shellcheck disable=SC2016 # expanded by script's shell
  BAZEL="$workspace/tools/bazel" SHELL=/bin/sh timeout --kill-after=1 60 script --quiet --return --command 'stty tostop; exec "$BAZEL" --version' /dev/null \
    < /dev/null > "$scratch/tostop.log" 2>&1 || check_failed "set-up on a terminal with tostop" "$(< "$scratch/tostop.log")"
  check_contains "set-up on a terminal with tostop" "the build root is ready" "$(< "$scratch/tostop.log")"
}

# check_waiting LABEL STATUS COMMAND...: the command interrupts a run that waits for another one. Requires `holding`, which holds the lock.
check_waiting() {
  local label="$1, while set-up waits" expected="$2" status=0
  shift 2
  start_launcher waiting
  await "$label: set-up waits" 60 pgrep --full "^flock [0-9]*$"
  "$@"
  await "$label: the launcher exits" 10 has_launcher_exited
  wait "$launcher" || status=$?
  check_equal "$label: the exit code" "$expected" "$status"
  check_equal "$label: no process still waits" "" "$(find /proc/[0-9]*/fd -lname "$cache/lock" 2> /dev/null | grep --invert-match "^/proc/$holding/" || true)"
}

has_launcher_exited() { ! kill -0 "$launcher" 2> /dev/null; }

stops_while_waiting() {
  local holding
  rm -f "$cache"/ready/*
  setsid flock --no-fork "$cache/lock" sleep 3600 &
  holding=$!
  on_exit kill_group "$holding"
  await "the lock is held" 10 is_locked
  check_waiting "Ctrl-C" 130 signal_group INT
  check_waiting "TERM to the launcher" 143 signal_launcher TERM
  check_waiting "HUP to the launcher" 129 signal_launcher HUP
  check_waiting "TERM to set-up" 143 signal_setup TERM
  kill_group "$holding"
}

# Calls the function directly, with a stub of apt-get that downloads for an hour.
stops_while_apt_downloads() {
  local stub="$scratch/apt" download="sleep 3602.$$" installing status=0
  mkdir -p "$stub/log"
  mkfifo "$scratch/downloading"
  # shellcheck disable=SC2016 # expanded by the stub
  printf '#!/bin/sh\ncase "$*" in *--download-only*) echo > "%s"; exec %s ;; esac\n' "$scratch/downloading" "$download" > "$stub/apt-get"
  chmod +x "$stub/apt-get"
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2329 # used by the sourced files
  (
    set -o errexit
    for file in launch/messages setup/process setup/packages; do source "$workspace/tools/distro/$file.sh"; done
    PATH="$stub:$PATH" thimble_cache="$stub" image_components=/nonexistent missing=() lock=9
    command() { [[ "$2" == apt-get ]]; }
    wait_for_package_lists() { :; }
    trap_signals
    install_host_packages
  ) > "$scratch/apt.log" 2>&1 &
  installing=$!
  read -r < "$scratch/downloading"
  kill -s TERM "$installing"
  wait "$installing" || status=$?
  check_equal "TERM while apt downloads packages: the exit code" 143 "$status"
  check_equal "TERM while apt downloads packages: the processes of apt" "" "$(pgrep --full "$download" || true)"
}

stops_debian_stage() {
  local empty="$scratch/empty"
  XDG_CACHE_HOME="$empty" start_launcher debian
  cache="$empty/thimble" await "the Debian stage builds" 120 is_debian_building
  cache="$empty/thimble" signal_setup KILL
  cache="$empty/thimble" await "mmdebstrap exits" 10 has_setup_exited
  passed "the Debian stage exits with set-up"
  wait "$launcher" || true
}

# Calls the function directly, with another lock file than dpkg's.
waits_for_dpkg() {
  local lock="$scratch/dpkg-lock" output="$scratch/dpkg-wait" waiting holding
  mkfifo "$scratch/held"
  flock --no-fork "$lock" sh -c "echo > '$scratch/held'; exec sleep 3600" &
  holding=$!
  read -r < "$scratch/held"
  (
    source "$workspace/tools/distro/launch/messages.sh"
    source "$workspace/tools/distro/setup/packages.sh"
    apt_locks=("$lock")
    wait_for_package_lists
    printf 'continued\n'
  ) > "$output" 2>&1 &
  waiting=$!
  await "set-up reports that dpkg's lock is held" 10 grep --quiet 'holds the lock of apt or dpkg' "$output"
  check_equal "set-up waits while dpkg's lock is held" "" "$(grep 'continued' "$output" || true)"
  kill "$holding"
  wait "$waiting"
  check_contains "set-up continues after the release of the lock" "continued" "$(< "$output")"
}
