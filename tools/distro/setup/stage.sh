# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# The stages: each is a script in root/, makes one folder, and has a key over all that defines it.

readonly stage_names=(debian rules_rust zig rust-std cargo-bazel)
declare -A stage_title=(
  [debian]='Debian packages'
  [rules_rust]='rules_rust with our toolchains'
  [zig]='zig: C compiler, linker, unwinder'
  [rust-std]='Rust std for musl'
  [cargo-bazel]='cargo-bazel'
)
declare -A stage_folder

digest_of() { cat -- "$@" | sha256sum | cut -c1-16; }

# Sets stage_folder: where each stage's result belongs. All but the first stand on the root, so its key is part of theirs.
stages_plan() {
  local root="$thimble_distro/root" base name key
  base="$(digest_of "$root"/debian.sh "$root"/packages.list "$root"/packages.lock "$root"/platforms.list "$root"/platform-packages.list)"
  for name in "${stage_names[@]}"; do
    case "$name" in
      debian) key="$base" ;;
      rules_rust) key="$(printf '%s\n' "$base" | cat - "$root"/rules_rust.sh "$thimble_distro"/modules/rules_rust/**/*.bzl | digest_of -)" ;;
      zig) key="$(printf '%s\n' "$base" | digest_of - "$root"/zig.sh "$root"/zig.requirements.txt)" ;;
      *) key="$(printf '%s\n' "$base" | digest_of - "$root/$name.sh")" ;;
    esac
    stage_folder[$name]="$thimble_cache/component/$name-$key"
  done
}

stages_missing() {
  local name
  for name in "${stage_names[@]}"; do
    [[ -d "${stage_folder[$name]}" ]] || return 0
  done
  return 1
}

stages_run() {
  local name number=0
  for name in "${stage_names[@]}"; do
    ((++number))
    if [[ ! -d "${stage_folder[$name]}" ]]; then
      stage_run "$name" "$number"
    fi
    components["$name"]="${stage_folder[$name]}"
  done
}

# Runs one stage aside, shows that it lives, and puts its folder in place when it is whole.
stage_run() {
  local name="$1" label="[$2/${#stage_names[@]}] ${stage_title[$1]}"
  local making="$thimble_cache/making/$name" log="$thimble_cache/log/$name.log" started=$SECONDS status=0 progress
  # A process group of its own, so that it can be ended with all that it started.
  set -o monitor
  stage_command "$name" "$making" > "$log" 2>&1 < /dev/null &
  stage_process=$!
  set +o monitor
  show_progress "$label" "$log" "$started" &
  progress=$!
  wait "$stage_process" || status=$?
  stage_process=
  { kill "$progress" && wait "$progress"; } 2> /dev/null || true
  [[ ! -t 2 ]] || printf '\r\033[K' >&2

  if ((status != 0)); then
    tail -n 15 "$log" | sed 's/^/    /' >&2
    stage_explain "$log"
    fail "the stage '${stage_title[$name]}' failed; its whole output: $log" "nothing half-made is kept; to try again, repeat your command"
  fi
  [[ "$name" != debian ]] || report_moved_packages "$making"
  # On disk before it counts as there.
  rm -rf "$thimble_cache/making/tmp"
  sync --file-system "$thimble_cache"
  mv --no-target-directory "$making" "${stage_folder[$name]}"
  say "$label: $((SECONDS - started)) s"
}

stage_process=
stop_stage() {
  trap - INT TERM
  if [[ -n "$stage_process" ]]; then
    kill -TERM -- "-$stage_process" 2> /dev/null || true
    wait "$stage_process" 2> /dev/null || true
  fi
  say "interrupted; the stages that are whole are kept, and the next run makes the rest"
  exit 130
}

stage_command() {
  if [[ "$1" == debian ]]; then stage_command_machine "$@"; else stage_command_root "$@"; fi
}

# Both run their stage in namespaces that end with the process that made them, and that one ends with this script: killed in
# whatever way, nothing goes on, and nothing stays mounted.
stage_command_machine() {
  local command=(bash "$thimble_distro/root/debian.sh" "$2")
  # As a user, mmdebstrap makes namespaces of its own.
  ((EUID != 0)) || command=(setpriv --pdeathsig KILL unshare --mount --pid --fork --mount-proc --kill-child "${command[@]}")
  # mmdebstrap works in TMPDIR; there a run that was killed leaves nothing that the next one doesn't find.
  export TMPDIR="$thimble_cache/making/tmp" PATH="$PATH:/usr/sbin:/sbin"
  mkdir -p "$TMPDIR"
  exec "${command[@]}"
}

stage_command_root() {
  local name="$1" making="$2"
  mkdir "$making"
  build_enter "${components[debian]}"
  # At a fixed path, so that what is built is the same bytes wherever the cache lies.
  exec "${enter[@]}" --unshare-pid --bind "$making" /out --chdir /out -- bash "/thimble/distro/root/$name.sh" /out
}

# On a terminal one line that changes; elsewhere a line every half minute. Ended by whoever started it.
show_progress() {
  local label="$1" log="$2" started="$3" last
  while sleep 1; do
    if [[ -t 2 ]]; then
      last="$(tail -n 1 "$log" 2> /dev/null | tr '\r' '\n' | tail -n 1 | tr -cd '[:print:]' | cut -c1-60)"
      printf '\r\033[Kthimble: %s ... %d s  %s' "$label" "$((SECONDS - started))" "$last" >&2
    elif (((SECONDS - started) % 30 == 0)); then
      say "$label ... $((SECONDS - started)) s"
    fi
  done
}

stage_explain() {
  if grep --quiet --ignore-case --extended-regexp 'could not resolve|temporary failure|unable to connect|connection (refused|timed out)|network is unreachable|failed to fetch|spurious network error' "$1"; then
    say "the network seems to be the cause: Debian's archive, PyPI and crates.io have to be in reach, through the configuration of apt, pip and cargo"
    say "(another Debian mirror: THIMBLE_DEBIAN_MIRROR=http://... tools/bazel ...)"
  fi
  if grep --quiet --ignore-case 'no space left' "$1"; then say "the disk is full"; fi
}

# Debian forky moves; the lock says what was tried.
report_moved_packages() {
  local lock="$thimble_distro/root/packages.lock" got="$1/usr/share/thimble/packages" moved
  moved="$(join -j 1 -a 1 -a 2 -e none -o '0 1.2 2.2' <(sort "$lock") <(sort "$got") | awk '$2 != $3 { printf "%s %s -> %s\n", $1, $2, $3 }')"
  [[ -n "$moved" ]] || return 0
  say "Debian's packages have moved on since packages.lock was written; going on with the newer ones:"
  printf '%s\n' "$moved" | head -n 20 | sed 's/^/    /' >&2
  (($(wc -l <<< "$moved") <= 20)) || printf '    ... %s in all\n' "$(wc -l <<< "$moved")" >&2
  say "if the build works, write the new lock: cp '${stage_folder[debian]}/usr/share/thimble/packages' tools/distro/root/packages.lock"
}

remove_tree() {
  # A user's mmdebstrap may have left files of its mapped users.
  rm -rf --one-file-system -- "$1" 2> /dev/null || mmdebstrap --unshare-helper rm -rf -- "$1"
}
