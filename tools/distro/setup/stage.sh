# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# The stages. Each is a script in root/ that writes one directory, named by a digest of the files that define it.

readonly stage_names=(debian certificates rules_rust zig rust-std cargo-bazel)
declare -A stage_title=(
  [debian]='Debian packages'
  [certificates]="this machine's certificates"
  [rules_rust]='rules_rust with toolchains for the root'
  [zig]='zig: C and C++ compiler, linker, unwinder'
  [rust-std]='Rust std for musl'
  [cargo-bazel]='cargo-bazel'
)
declare -A stage_directory components

digest_of() { cat -- "$@" | sha256sum | cut -c1-16; }

# Sets `stage_directory`: the output directory of each stage. A CI image (platforms/ci) contains directories too; one with the same key is used.
# All stages but the first run in the Debian stage, so its key is part of theirs.
plan_stages() {
  local root="$thimble_distro/root" base name key certificates
  find_certificates
  base="$(digest_of "$root"/debian.sh "$root"/{packages,dev-packages}.list "$root"/packages.lock "$root"/platforms.list "$root"/platform-packages.list)"
  for name in "${stage_names[@]}"; do
    case "$name" in
      debian) key="$base" ;;
      certificates)
        # Without any, the root's own certificates are sufficient.
        ((${#certificates[@]})) || continue
        key="$(printf '%s\n' "$base" | digest_of - "$root/$name.sh" "${certificates[@]}")"
        ;;
      rules_rust) key="$(printf '%s\n' "$base" | digest_of - "$root/$name.sh" "$thimble_distro"/modules/rules_rust/**/*.{bzl,rs})" ;;
      zig) key="$(printf '%s\n' "$base" | digest_of - "$root/$name.sh" "$root"/libcxx.sh "$root"/zig.requirements.txt)" ;;
      *) key="$(printf '%s\n' "$base" | digest_of - "$root/$name.sh")" ;;
    esac
    stage_directory[$name]="$image_components/$name-$key"
    [[ -d "${stage_directory[$name]}" ]] || stage_directory[$name]="$thimble_cache/component/$name-$key"
  done
}

# Sets `missing`: the names of the stages to build.
find_missing_stages() {
  local name
  missing=()
  for name in "${stage_names[@]}"; do
    [[ -z "${stage_directory[$name]:-}" || -d "${stage_directory[$name]}" ]] || missing+=("$name")
  done
}

announce_stages() {
  if [[ -d "$image_components" ]]; then
    say "the build root of this image lacks ${missing[*]} as defined by this checkout; building it in $thimble_cache (once)"
  else
    say "setting up the build root in $thimble_cache (once)"
  fi
}

run_stages() {
  local name number=0
  for name in "${stage_names[@]}"; do
    [[ -n "${stage_directory[$name]:-}" ]] || continue
    ((++number))
    [[ -d "${stage_directory[$name]}" ]] || run_stage "$name" "[$number/${#stage_directory[@]}] ${stage_title[$name]}"
    components[$name]="${stage_directory[$name]}"
  done
}

# run_stage NAME LABEL: builds the stage aside and renames its directory into place when complete.
run_stage() {
  local name="$1" label="$2" started=$SECONDS status=0 progress
  local making="$thimble_cache/making/$name" log="$thimble_cache/log/$name.log"
  start_process stage_command "$name" "$making" > "$log" 2>&1 < /dev/null {lock}>&-
  show_progress "$label" "$log" {lock}>&- &
  progress=$!
  await_process || status=$?
  { kill "$progress" && wait "$progress"; } 2> /dev/null || true
  [[ ! -t 2 ]] || printf '\r\033[K' >&2

  if ((status != 0)); then
    tail -n 15 "$log" | sed 's/^/    /' >&2
    explain_stage_failure "$log"
    fail "stage \"${stage_title[$name]}\" failed; complete output: $log" "incomplete stages are removed; to try again, repeat your command"
  fi
  [[ "$name" != debian ]] || report_moved_packages "$making"
  # The rename must not reach the disk before the files.
  rm -rf "$thimble_cache/making/tmp"
  sync --file-system "$thimble_cache" {lock}>&-
  mv --no-target-directory "$making" "${stage_directory[$name]}"
  say "$label: $((SECONDS - started)) s"
}

# A stage runs in namespaces that the kernel removes when their first process exits, and that process is killed when this script
# exits. So even SIGKILL leaves no process and no mount behind.
stage_command() {
  local name="$1" making="$2"
  if [[ "$name" == debian ]]; then
    # The next run removes temporary files of a killed run from this directory.
    export TMPDIR="$thimble_cache/making/tmp"
    mkdir -p "$TMPDIR"
    exec setpriv --pdeathsig KILL bash -p "$thimble_distro/root/debian.sh" "$making"
  fi
  mkdir "$making"
  build_enter
  [[ "$name" != certificates ]] || enter_certificates
  # A fixed output path keeps the result independent of the cache's path. Scratch files are in memory: removing tens of thousands of
  # files from a disk that discards freed blocks takes longer than compiling them.
  exec bwrap --args 8 --unshare-pid --bind "$making" /out --tmpfs /scratch --chdir /out -- bash "/thimble/distro/root/$name.sh" /out 8< <(printf '%s\0' "${enter[@]}")
}

# Adds copies of the machine's certificates, because links may lead to directories that the root replaces.
enter_certificates() {
  local certificates copies="$thimble_cache/making/tmp/ca-certificates"
  find_certificates
  mkdir -p "$copies"
  (cd -- "$machine_certificates" && cp --parents --dereference -- "${certificates[@]#"$machine_certificates/"}" "$copies")
  enter+=(--ro-bind "$copies" /thimble/machine/ca-certificates)
}

explain_stage_failure() {
  if grep --quiet --ignore-case 'no space left' "$1"; then
    say "no space is left on the disk, or in memory, half of which a stage uses for /scratch"
    return
  fi
  # apt, pip and cargo.
  if grep --quiet --ignore-case --extended-regexp 'EXPKEYSIG|not valid yet|is expired|not live until|certificate (has expired|is not yet valid)' "$1"; then
    say "a signature or certificate is not valid at this machine's time, $(date --rfc-3339=seconds); if the clock is wrong: sudo timedatectl set-ntp true"
    return
  fi
  if grep --quiet --ignore-case --extended-regexp 'certificate verify failed|SSL certificate problem' "$1"; then
    say "the network presents a certificate that this machine does not trust; install that of its proxy in /usr/local/share/ca-certificates, then: sudo update-ca-certificates"
    return
  fi
  # gpgv and sqv.
  if grep --quiet --ignore-case --extended-regexp 'NO_PUBKEY|missing key [0-9A-F]+' "$1"; then
    say "apt does not trust Debian's current keys; install or upgrade them: sudo apt install debian-archive-keyring gpg"
    return
  fi
  # apt cannot fetch files to a full disk either.
  if grep --quiet --ignore-case --extended-regexp 'could not resolve|temporary failure|unable to connect|connection (refused|timed out)|network is unreachable|failed to fetch|spurious network error' "$1"; then
    say "the network seems to be the cause: Debian's archive, PyPI and crates.io must be reachable, directly, through the configuration of apt, pip and cargo, or through http_proxy and https_proxy"
    say "(to use another Debian mirror: THIMBLE_DEBIAN_MIRROR=http://... tools/bazel ...)"
  fi
}

# Debian forky is a testing suite, so versions change; the lock lists the tested ones.
report_moved_packages() {
  local lock_file="$thimble_distro/root/packages.lock" found="$1/usr/share/thimble/packages" moved
  moved="$(join -j 1 -a 1 -a 2 -e none -o '0 1.2 2.2' <(sort "$lock_file") <(sort "$found") | awk '$2 != $3 { printf "%s %s -> %s\n", $1, $2, $3 }')"
  [[ -n "$moved" ]] || return 0
  say "Debian's packages have changed since packages.lock was written; continuing with the newer ones:"
  printf '%s\n' "$moved" | head -n 20 | sed 's/^/    /' >&2
  (($(wc -l <<< "$moved") <= 20)) || printf '    ... %s in total\n' "$(wc -l <<< "$moved")" >&2
  say "if the build succeeds, update the lock: cp ${stage_directory[debian]@Q}/usr/share/thimble/packages ${thimble_distro@Q}/root/packages.lock"
}
