#!/usr/bin/env bash
# The build root's set-up, interrupted in every way, started twice, and on machines that lack what it needs. It starts from the
# machine's own root, and makes anew only what it interrupts.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly machine_cache="${XDG_CACHE_HOME:-$HOME/.cache}"

# Variables that would change what is built under the same name, or break it.
readonly hostile=(
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=/bin/false RUSTFLAGS=-Copt-level=0 RUSTC_WRAPPER=/bin/false
  PIP_INDEX_URL=http://127.0.0.1:1 SSL_CERT_FILE=/nonexistent components=none CDPATH=/usr
)

# A cache of its own whose parts are links to those of the machine's root: nothing writes to them.
copy_cache() {
  local record parts
  "$workspace/tools/bazel" --version > /dev/null
  record="$machine_cache/thimble/ready/$(find "$machine_cache/thimble/used" -type f -printf '%T@ %f\n' | sort --numeric-sort | tail -n 1 | cut -d' ' -f2)"
  mapfile -t parts < <(sed --quiet '/^identity /!s/^[^ ]* //p' "$record")
  XDG_CACHE_HOME="$(mktemp --directory "$machine_cache/thimble-e2e.XXXXXX")"
  export XDG_CACHE_HOME
  on_exit rm -rf "$XDG_CACHE_HOME"
  cache="$XDG_CACHE_HOME/thimble"
  mkdir -p "$cache/component"
  cp --archive --link "${parts[@]}" "$cache/component"
  std="$(part rust-std)"
}

part() { compgen -G "$cache/component/$1-*"; }

# In a session of its own, so that a signal to the group is what a terminal's would be; a background job ignores SIGINT, one of nohup SIGHUP.
start_launcher() {
  local name="$1"
  shift
  env --default-signal=INT,HUP "$@" setsid "$workspace/tools/bazel" --version > "$scratch/$name.out" 2> "$scratch/$name.err" &
  launcher=$!
  on_exit end_group "$launcher"
}

end_group() { kill -KILL -- "-$1" 2> /dev/null || true; }

std_under_way() { grep --quiet 'Compiling' "$cache/log/rust-std.log"; }

debian_under_way() { [[ -d "$cache/making/debian" ]] && (($(du --summarize "$cache/making/debian" | cut -f1) > 50000)); }

# Nothing of a set-up is left running, and the lock is free.
all_ended() { ! pgrep --full "$cache/(making|ready)" > /dev/null && flock --nonblock "$cache/lock" true; }

# interrupted WHAT STATUS MESSAGE COMMAND...: in the stage that makes Rust's std.
interrupted() {
  local what="$1" expected="$2" message="$3" status=0
  shift 3
  rm -rf "$(part rust-std)" "$cache/log/rust-std.log"
  start_launcher interrupted "${hostile[@]}"
  await "$what: the work of a stage" 120 std_under_way
  "$@"
  wait "$launcher" || status=$?
  [[ -z "$expected" ]] || check_equal "$what: the exit code" "$expected" "$status"
  [[ -z "$message" ]] || check_contains "$what: the message" "$message" "$(< "$scratch/interrupted.err")"
  await "$what: the end of all that set-up started" 10 all_ended
  passed "$what: nothing goes on"
  check_equal "$what: no incomplete stage counts as made" "" "$(part rust-std || true)"
  rm -f "$cache"/ready/*
}

to_launcher() { kill -s "$1" "$launcher"; }
to_group() { kill -s "$1" -- "-$launcher"; }
to_setup() { kill -s "$1" "$(pgrep --oldest --full "bash -p .*/setup.sh .* $cache/ready/")"; }

# Of these variables none reaches the compiler.
cargo_environment() {
  local process
  process="$(pgrep --oldest --full "^cargo build --offline --release")"
  check_equal "variables of the caller that reach cargo" "" \
    "$(tr '\0' '\n' < "/proc/$process/environ" | grep --extended-regexp '^(CARGO_(PROFILE|TARGET_X)|RUSTC_WRAPPER=/bin|PIP_|SSL_|components|CDPATH)' || true)"
  to_group INT
}

interrupted_in_a_stage() {
  local kept="the complete stages are kept"
  interrupted "Ctrl-C" 130 "$kept" cargo_environment
  interrupted "TERM to the launcher" 143 "$kept" to_launcher TERM
  interrupted "TERM to all" 143 "$kept" to_group TERM
  interrupted "HUP to the launcher" 143 "$kept" to_launcher HUP
  interrupted "TERM to set-up" 143 "$kept" to_setup TERM
  interrupted "KILL to set-up" 137 "" to_setup KILL
  interrupted "KILL to the launcher" 137 "" to_launcher KILL
}

# Of two runs at once, one waits; both in a hostile environment. The stage that they make is a short one.
goes_on_in_any_environment() {
  local first second zig
  zig="$(part zig)"
  cp --archive --link "$machine_cache"/thimble/component/"${std##*/}" "$cache/component"
  rm -rf "$zig"
  start_launcher first "${hostile[@]}"
  first=$launcher
  start_launcher second "${hostile[@]}"
  second=$launcher
  wait "$first" || check_failed "set-up in a hostile environment" "$(tail -n 5 "$scratch/first.err")"
  wait "$second" || check_failed "a second set-up" "$(tail -n 5 "$scratch/second.err")"
  check_equal "the first gives Bazel" "bazel 7.7.1" "$(< "$scratch/first.out")"
  check_equal "the second gives Bazel" "bazel 7.7.1" "$(< "$scratch/second.out")"
  check_contains "one waits for the other" "another run is setting up the build root" "$(cat "$scratch/first.err" "$scratch/second.err")"
  check_contains "what the killed run left is named" "removing leftovers of an interrupted run" "$(cat "$scratch/first.err" "$scratch/second.err")"
  check_equal "nothing is left aside" "" "$(ls "$cache/making")"
  check_equal "a stage is the same bytes whatever the environment" "" "$(diff --recursive --brief "$machine_cache/thimble/component/${zig##*/}" "$zig")"
  start_launcher silent
  wait "$launcher"
  check_equal "all there, the launcher is silent" "" "$(< "$scratch/silent.err")"
}

# Cargo's directories are empty on a fresh machine, crate_universe's first run included.
resolves_crates_with_an_empty_cargo_home() {
  check_equal "cargo's directories are empty" "" "$(find "$cache/cargo" -type f 2> /dev/null || true)"
  (cd "$workspace" && tools/bazel query //services/hello:image) > "$scratch/query.out" 2> "$scratch/query.err" ||
    check_failed "crates are resolved with empty directories of cargo" "$(tail -n 5 "$scratch/query.err")"
  check_equal "crates are resolved with empty directories of cargo" "//services/hello:image" "$(< "$scratch/query.out")"
  (cd "$workspace" && tools/bazel shutdown)
}

# Debian's part, made from nothing, ends with its script; as a user whose home is closed to others it is made.
debian_part() {
  local empty="$scratch/empty"
  XDG_CACHE_HOME="$empty" start_launcher debian
  cache="$empty/thimble" await "the first stage's work" 120 debian_under_way
  cache="$empty/thimble" to_setup KILL
  cache="$empty/thimble" await "the end of mmdebstrap" 10 all_ended
  passed "the first stage ends with set-up"
  wait "$launcher" || true
}

# A user of a few packages: what is shown is that the packages are unpacked at all.
closed_home() {
  local user=thimble-e2e home="$scratch/home" small
  chmod 755 "$scratch"
  useradd --home-dir "$home" --create-home --key HOME_MODE=0700 "$user"
  on_exit userdel "$user"
  small="$home/it's a root"
  cp --recursive "$workspace/tools/distro/root" "$small"
  printf 'ca-certificates\nlocales\n' > "$small/packages.list"
  printf 'netbase\n' > "$small/platform-packages.list"
  chown --recursive "$user" "$home"
  mkdir -m 755 "$home/tmp"
  chown "$user" "$home/tmp"
  # shellcheck disable=SC2016 # expanded by the user's shell
  runuser --user "$user" -- env --chdir="$home" HOME="$home" TMPDIR="$home/tmp" bash -c 'umask 077; (umask 022; bash "$1/debian.sh" "$HOME/made")' - "$small" > "$scratch/user.log" 2>&1 ||
    check_failed "a user with a closed home" "$(tail -n 5 "$scratch/user.log")"
  [[ -s "$home/made/usr/lib/locale/locale-archive" ]] || check_failed "a user with a closed home has a root" "$(ls "$home/made/usr/lib/locale")"
  passed "a user with a closed home has a root"

  sed -i "/^$user:/d" /etc/subuid
  export XDG_CACHE_HOME="$home/.cache"
  refused "a user without subordinate users" "sudo usermod --add-subuids" runuser --user "$user" -- env HOME="$home" "$workspace/tools/bazel" --version
}

# refused WHAT TEXT COMMAND...: the command fails, and its message has the text.
refused() {
  local what="$1" text="$2" status=0
  shift 2
  timeout 120 "$@" > "$scratch/refused.log" 2>&1 || status=$?
  ((status != 0)) || check_failed "$what: it should have failed"
  check_contains "$what" "$text" "$(< "$scratch/refused.log")"
}

# With the stages all there, set-up only looks at the machine.
without_namespaces() {
  rm -f "$cache"/ready/*
  # The limit holds in a user namespace of its own; the machine keeps its own.
  # shellcheck disable=SC2016 # expanded inside
  local limited=(unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" --version')
  refused "no user namespaces" "sysctl -w user.max_user_namespaces" "${limited[@]}" "$workspace/tools/bazel"
  # As an engine hides parts of /proc.
  # shellcheck disable=SC2016 # expanded inside
  local masked=(unshare --mount sh -c 'mount -t tmpfs none /proc/acpi 2> /dev/null || mount --bind /dev/null /proc/kcore; touch "$1"; mount --bind "$1" "$1"; exec "$0" --version')
  refused "a container whose /proc is masked" "linux-sandbox does not work on this machine" "${masked[@]}" "$workspace/tools/bazel" "$scratch/marker"
  "$workspace/tools/bazel" --version > /dev/null
}

# The functions themselves, on a lock of three packages.
packages_that_moved() {
  local distro="$scratch/moved" message
  mkdir -p "$distro/root" "$distro/made/usr/share/thimble"
  printf 'cargo 1\ngone 1\nrustc 1\n' > "$distro/root/packages.lock"
  printf 'cargo 1\nnew 1\nrustc 2\n' > "$distro/made/usr/share/thimble/packages"
  message="$(
    thimble_distro="$distro"
    source "$workspace/tools/distro/launch/messages.sh"
    source "$workspace/tools/distro/setup/stage.sh"
    stage_directory[debian]="$distro/made"
    report_moved_packages "$distro/made" 2>&1
  )"
  check_contains "a newer package is named" "rustc 1 -> 2" "$message"
  check_contains "a removed package is named" "gone 1 -> none" "$message"
  check_contains "set-up goes on" "continuing with the newer ones" "$message"
  [[ "$message" != *cargo* ]] || check_failed "an unchanged package is not named" "$message"
  passed "an unchanged package is not named"
}

# The function itself, on a lock of our own in place of dpkg's.
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
    printf 'went on\n'
  ) > "$output" 2>&1 &
  waiting=$!
  await "the message that dpkg's lock is held" 10 grep --quiet 'holds the lock of apt or dpkg' "$output"
  check_equal "while dpkg's lock is held nothing goes on" "" "$(grep 'went on' "$output" || true)"
  kill "$holding"
  wait "$waiting"
  check_contains "released, set-up goes on" "went on" "$(< "$output")"
}

without_what_it_needs() {
  mkdir "$scratch/small" "$scratch/noexec" "$scratch/read-only"
  refused "a relative cache" 'invalid XDG_CACHE_HOME "cache"' env XDG_CACHE_HOME=cache "$workspace/tools/bazel" --version
  refused "no home" "neither HOME nor XDG_CACHE_HOME" env --unset=HOME --unset=XDG_CACHE_HOME "$workspace/tools/bazel" --version
  refused "a directory below /usr" "cannot build in /usr/share" env --chdir=/usr/share "$workspace/tools/bazel" --version

  mount -t tmpfs -o size=50m tmpfs "$scratch/small"
  on_exit umount "$scratch/small"
  refused "too little disk" "too little disk for the build root" env XDG_CACHE_HOME="$scratch/small" "$workspace/tools/bazel" --version
  mount -t tmpfs -o noexec tmpfs "$scratch/noexec"
  on_exit umount "$scratch/noexec"
  refused "a cache that is noexec" "mounted noexec" env XDG_CACHE_HOME="$scratch/noexec" "$workspace/tools/bazel" --version
  mount -t tmpfs -o ro tmpfs "$scratch/read-only"
  on_exit umount "$scratch/read-only"
  refused "a cache that can't be written" "cannot create the cache: " env XDG_CACHE_HOME="$scratch/read-only" "$workspace/tools/bazel" --version

  # A network namespace of its own has nothing in it.
  refused "no network" "the network seems to be the cause" unshare --net env XDG_CACHE_HOME="$scratch/no-net" "$workspace/tools/bazel" --version
}

# prune: what is used stays, and what nobody can use goes.
prunes() {
  local root key log="$scratch/prune"
  for key in a b c; do
    mkdir -p "$cache/component/debian-$key" "$cache/component/zig-$key" "$cache/bazel/$key/base" "$cache/disk/$key"
    printf 'debian %s\nzig %s\n' "$cache/component/debian-$key" "$cache/component/zig-$key" > "$cache/ready/one-$key"
    # A second record of the same root.
    cp "$cache/ready/one-$key" "$cache/ready/two-$key"
    printf '%s' "$scratch/gone" > "$cache/bazel/$key/base/DO_NOT_BUILD_HERE"
  done
  root="$(sed --quiet 's/^debian //p' "$(find "$cache/ready" -type f -size +200c | head -n 1)")"
  mkdir -p "$cache/bazel/b/living"
  printf '%s' "$workspace" > "$cache/bazel/b/living/DO_NOT_BUILD_HERE"
  head --bytes=3M /dev/zero > "$cache/component/zig-a/big"
  for key in one-a one-b one-c two-a two-b two-c; do touch --date 2001-01-01 "$cache/used/$key"; done
  touch --date 2030-01-01 "$cache/used/two-b" "$cache/used/one-b"
  printf '1\n' > "$cache/pruned"
  "$workspace/tools/bazel" --version > /dev/null 2> "$log"
  check_contains "pruning reports how much it freed" "pruned " "$(< "$log")"
  for key in a c; do
    [[ ! -e "$cache/component/debian-$key" && ! -e "$cache/component/zig-$key" && ! -e "$cache/bazel/$key" && ! -e "$cache/disk/$key" ]] ||
      check_failed "root $key, unused, is removed with its outputs" "$(find "$cache" -maxdepth 2 -name "*$key")"
  done
  passed "unused roots are removed with their outputs"
  [[ -d "$cache/component/debian-b" && -d "$cache/bazel/b/living" && ! -e "$cache/bazel/b/base" ]] || check_failed "of a used root only the outputs of gone workspaces are removed"
  passed "of a used root only the outputs of gone workspaces are removed"
  [[ -d "$root" ]] || check_failed "two records of one root push no other root out"
  passed "two records of one root push no other root out"
  "$workspace/tools/bazel" --version 2> "$log" > /dev/null
  check_equal "pruned once a day" "" "$(< "$log")"
}

main() {
  copy_cache
  interrupted_in_a_stage
  goes_on_in_any_environment
  resolves_crates_with_an_empty_cargo_home
  without_namespaces
  prunes
  packages_that_moved
  waits_for_dpkg
  without_what_it_needs
  debian_part
  closed_home
  report_checks
}

main
