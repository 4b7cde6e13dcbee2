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
  check_interruption "TERM to set-up" 143 "$kept" signal_setup TERM
  check_interruption "KILL to set-up" 137 "" signal_setup KILL
  check_interruption "KILL to the launcher" 137 "" signal_launcher KILL
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
