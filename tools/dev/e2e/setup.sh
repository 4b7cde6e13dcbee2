#!/usr/bin/env bash
# Verifies set-up of the build root: interruptions, concurrent runs, hostile environments, missing requirements, and pruning. Starts from the
# components of the machine's build root and rebuilds only those that it interrupts. Needs root and network access.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/build_root_key.sh
source "${BASH_SOURCE[0]%/*}/lib/build_root_key.sh"
# shellcheck source=tools/dev/e2e/lib/setup_pruning.sh
source "${BASH_SOURCE[0]%/*}/lib/setup_pruning.sh"
# shellcheck source=tools/dev/e2e/lib/setup_signals.sh
source "${BASH_SOURCE[0]%/*}/lib/setup_signals.sh"

readonly machine_cache="${XDG_CACHE_HOME:-$HOME/.cache}"

# Variables that would change a component without changing its key, or break its build.
readonly hostile=(
  CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_TARGET_X86_64_UNKNOWN_LINUX_MUSL_LINKER=/bin/false RUSTFLAGS=-Copt-level=0 RUSTC_WRAPPER=/bin/false
  PIP_INDEX_URL=http://127.0.0.1:1 SSL_CERT_FILE=/nonexistent components=none CDPATH=/usr
)

# Creates a separate cache whose components are hard links to the machine's. Nothing writes to these files.
copy_cache() {
  local components
  root_key="$(build_root_key)"
  mapfile -t components < <(sed --quiet '/^identity /!s/^[^ ]* //p' "$machine_cache/thimble/ready/$root_key")
  XDG_CACHE_HOME="$(mktemp --directory "$machine_cache/thimble-e2e.XXXXXX")"
  export XDG_CACHE_HOME
  on_exit rm -rf "$XDG_CACHE_HOME"
  cache="$XDG_CACHE_HOME/thimble"
  mkdir -p "$cache/component"
  cp --archive --link "${components[@]}" "$cache/component"
  std="$(find_component rust-std)"
}

find_component() { compgen -G "$cache/component/$1-*"; }

# Two concurrent runs in a hostile environment, which build a stage of a second. The stage of zig, which takes half a minute and reads pip's
# variables, is built as well once for each definition of the root, and with `.ci/run --full`.
resumes_in_hostile_environment() {
  local names=(rules_rust) record="$persistent_cache/hostile-setup/$root_key" name component holding first second
  [[ -e "$record" && -z "${THIMBLE_E2E_FULL:-}" ]] || names+=(zig)
  cp --archive --link "$machine_cache"/thimble/component/"${std##*/}" "$cache/component"
  for name in "${names[@]}"; do rm -rf "$(find_component "$name")"; done
  setsid flock --no-fork "$cache/lock" sleep 3600 &
  holding=$!
  on_exit kill_group "$holding"
  await "the lock is held" 10 is_locked
  start_launcher first "${hostile[@]}"
  first=$launcher
  start_launcher second "${hostile[@]}"
  second=$launcher
  for name in first second; do
    await "the $name run waits for the lock" 60 grep --quiet "another run is setting up the build root" "$scratch/$name.err"
  done
  passed "a run waits for another one"
  kill "$holding"
  wait "$first" || check_failed "set-up in a hostile environment" "$(tail -n 5 "$scratch/first.err")"
  wait "$second" || check_failed "a concurrent set-up" "$(tail -n 5 "$scratch/second.err")"
  check_equal "the first run's output" "bazel 7.7.1" "$(< "$scratch/first.out")"
  check_equal "the second run's output" "bazel 7.7.1" "$(< "$scratch/second.out")"
  check_equal "one of two concurrent runs builds" 1 "$(cat "$scratch/first.err" "$scratch/second.err" | grep --count "the build root is ready")"
  check_contains "the leftovers of the killed run are reported" "removing leftovers of an interrupted run" "$(cat "$scratch/first.err" "$scratch/second.err")"
  check_equal "no leftovers remain" "" "$(ls "$cache/making")"
  for name in "${names[@]}"; do
    component="$(find_component "$name")"
    check_equal "the component $name is identical in every environment" "" "$(diff --recursive --brief "$machine_cache/thimble/component/${component##*/}" "$component")"
  done
  mkdir -p "${record%/*}"
  touch "$record"
  start_launcher silent
  wait "$launcher"
  check_equal "with a complete build root the launcher prints nothing" "" "$(< "$scratch/silent.err")"
}

is_locked() { ! flock --nonblock "$cache/lock" true; }

# As on a fresh machine, when crate_universe runs for the first time.
resolves_crates_with_an_empty_cargo_home() {
  check_equal "cargo's directories are empty" "" "$(find "$cache/cargo" -type f 2> /dev/null || true)"
  (cd "$workspace" && CI=true tools/bazel --batch query //services/hello:image) > "$scratch/query.out" 2> "$scratch/query.err" ||
    check_failed "crates are resolved with empty cargo directories" "$(tail -n 5 "$scratch/query.err")"
  check_equal "crates are resolved with empty cargo directories" "//services/hello:image" "$(< "$scratch/query.out")"
}

# A user whose home has mode 0700. A few packages suffice, because only unpacking depends on the mode.
builds_in_private_home() {
  local user="thimble-e2e-$$" home="$scratch/home" small
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
    check_failed "a user with a private home" "$(tail -n 5 "$scratch/user.log")"
  [[ -s "$home/made/usr/lib/locale/locale-archive" ]] || check_failed "a user with a private home creates a build root" "$(ls "$home/made/usr/lib/locale")"
  passed "a user with a private home creates a build root"

  export XDG_CACHE_HOME="$home/.cache"
  rejects_unmapped_users "$user" "$home"
}

# rejects_unmapped_users USER HOME
rejects_unmapped_users() {
  local user="$1" home="$2" nameless="$scratch/nameless" first
  local as_user=(setpriv --reuid "$user" --regid "$user" --init-groups env HOME="$home" "$workspace/tools/bazel" --version)
  local without_privilege=(setpriv --bounding-set -sys_admin --inh-caps -sys_admin)
  check_rejected "root without CAP_SYS_ADMIN" "run --cap-add SYS_ADMIN" "${without_privilege[@]}" env XDG_CACHE_HOME="$scratch/root" "$workspace/tools/bazel" --version
  check_rejected "a user without CAP_SYS_ADMIN" "run --cap-add SYS_ADMIN" "${without_privilege[@]}" "${as_user[@]}"
  rejects_directories_of_another_user "$user" "${as_user[@]}"
  check_rejected "a user with no-new-privileges" "start the container without that option" setpriv --no-new-privs "${as_user[@]}"
  cp --no-preserve=mode /usr/bin/newuidmap "$scratch"
  chmod 755 "$scratch/newuidmap"
  # shellcheck disable=SC2016 # expanded inside
  check_rejected "newuidmap without setuid" "sudo apt install --reinstall uidmap" \
    unshare --mount sh -c 'mount --bind "$0" /usr/bin/newuidmap && exec "$@"' "$scratch/newuidmap" "${as_user[@]}"
  # shellcheck disable=SC2016 # expanded inside
  check_rejected "a certificate that the user cannot read" "sudo chmod a+r '/usr/local/share/ca-certificates/own.crt'" \
    unshare --mount sh -c 'mount -t tmpfs none "$0" && install --mode 600 /dev/null "$0/own.crt" && exec "$@"' /usr/local/share/ca-certificates "${as_user[@]}"
  # As on NFS, CIFS and WSL's drvfs.
  # shellcheck disable=SC2016 # expanded inside
  local with_fixed_owners=(unshare --mount sh -c 'mount --bind /bin/false /usr/bin/chown && exec "$@"' -)
  check_rejected "a user's cache with fixed owners of files" "XDG_CACHE_HOME=/local/path" "${with_fixed_owners[@]}" "${as_user[@]}"
  check_rejected "root's cache with fixed owners of files" "XDG_CACHE_HOME=/local/path" "${with_fixed_owners[@]}" env XDG_CACHE_HOME="$scratch/root" "$workspace/tools/bazel" --version
  cp /usr/bin/unshare "$scratch/unshare.2.38"
  # shellcheck disable=SC2016 # expanded by the stub
  printf '#!/bin/sh\ncase "$*" in *--map-auto*) echo "unrecognized option" >&2; exit 1 ;; esac\nexec %q "$@"\n' "$scratch/unshare.2.38" > "$scratch/unshare.old"
  chmod 755 "$scratch"/unshare.*
  # shellcheck disable=SC2016 # expanded inside
  check_rejected "an unshare without --map-auto" "util-linux is older than 2.38" \
    unshare --mount sh -c 'mount --bind "$0" /usr/bin/unshare && exec "$@"' "$scratch/unshare.old" "${as_user[@]}"
  install --directory --owner 54321 "$nameless"
  check_rejected "a user without a name" "sudo tee --append /etc/passwd" \
    setpriv --reuid 54321 --regid 54321 --clear-groups env XDG_CACHE_HOME="$nameless" "$workspace/tools/bazel" --version

  first="$(sed --quiet "s/^$user:\([0-9]*\):.*/\1/p" /etc/subuid)"
  sed -i "s/^$user:/other-$user:/" /etc/subuid
  on_exit sed -i "/^other-$user:/d" /etc/subuid
  check_rejected "a user without subordinate user IDs" "sudo usermod --add-subuids" "${as_user[@]}"
  [[ "$(< "$scratch/rejected.log")" != *"--add-subuids $first-"* ]] || check_failed "the suggested IDs are free" "$(< "$scratch/rejected.log")"
  passed "the suggested IDs are free"
}

# rejects_directories_of_another_user USER COMMAND...: as after sudo with the caller's HOME. The message's command fixes the owner.
rejects_directories_of_another_user() {
  local user="$1" path
  shift
  for path in disk log/debian.log making/debian; do
    mkdir -p "$XDG_CACHE_HOME/thimble/$path"
    chown root "$XDG_CACHE_HOME/thimble/$path"
    check_rejected "$path in the cache of another user" "cannot write $XDG_CACHE_HOME/thimble/$path; fix the owner" "$@"
    eval "$(sed --quiet 's/^ *sudo \(chown .*\)/\1/p' "$scratch/rejected.log")"
    check_equal "the owner of $path after the command of the message" "$user" "$(stat --format=%U "$XDG_CACHE_HOME/thimble/$path")"
    rmdir "$XDG_CACHE_HOME/thimble/$path"
  done
}

# check_rejected LABEL MESSAGE COMMAND...
check_rejected() {
  local label="$1" message="$2" status=0
  shift 2
  timeout 120 "$@" > "$scratch/rejected.log" 2>&1 || status=$?
  ((status != 0)) || check_failed "$label: the command fails"
  check_contains "$label" "$message" "$(< "$scratch/rejected.log")"
}

# All components exist, so set-up only checks the machine.
rejects_missing_namespaces() {
  rm -f "$cache"/ready/*
  # The limit applies only in the new user namespace.
  # shellcheck disable=SC2016 # expanded inside
  local limited=(unshare --user --map-root-user sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$0" --version')
  check_rejected "no user namespaces" "sysctl -w user.max_user_namespaces" "${limited[@]}" "$workspace/tools/bazel"
  # Container engines mask parts of /proc in this way.
  # shellcheck disable=SC2016 # expanded inside
  local masked=(unshare --mount sh -c 'mount -t tmpfs none /proc/acpi 2> /dev/null || mount --bind /dev/null /proc/kcore; touch "$1"; mount --bind "$1" "$1"; exec "$0" --version')
  check_rejected "a container whose /proc is masked" "linux-sandbox does not work on this machine" "${masked[@]}" "$workspace/tools/bazel" "$scratch/marker"
}

# All components exist, so set-up uses no network.
hides_credentials() {
  rm -f "$cache"/ready/*
  http_proxy="http://user:secret-$$@127.0.0.1:1" run_logged credentials "set-up with a proxy's credentials" \
    strace --follow-forks --trace=execve --output="$scratch/strace" --string-limit=100000 --no-abbrev "$workspace/tools/bazel" --version
  check_contains "set-up gets the credentials of a proxy" "secret-$$" "$(grep 'setup\.sh' "$scratch/strace")"
  check_equal "credentials among the arguments of a process" "" "$(sed 's/\], \[.*//' "$scratch/strace" | grep "secret-$$" || true)"
}

# As update-ca-certificates does. All other components exist.
finds_certificates() {
  local output script
  openssl req -x509 -newkey rsa:2048 -nodes -keyout "$scratch/key.pem" -subj /CN=thimble-e2e -out "$scratch/linked.crt" 2> "$scratch/openssl.log"
  # The root has another /etc. The links to the directory itself form a loop.
  # shellcheck disable=SC2016 # expanded inside
  script='mount -t tmpfs none "$1" && mount -t tmpfs none /etc/apt && cp "$2" /etc/apt && ln --symbolic /etc/apt "$1/linked" && ln --symbolic . "$1/loop" &&
    : > "$1/empty.crt" && exec "$0" keytool -list -keystore /etc/ssl/certs/java/cacerts -storepass changeit'
  output="$(unshare --mount sh -c "$script" "$workspace/tools/distro/shell" /usr/local/share/ca-certificates "$scratch/linked.crt" 2> "$scratch/certificates.log")" ||
    check_failed "an empty file among the certificates" "$(< "$scratch/certificates.log")"
  check_contains "certificates in a linked directory are found" "machine:linked/linked.crt" "$output"
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'mount -t tmpfs none "${1%/*}" && ln --symbolic "${1##*/}" "$1" && exec "$0" --version' "$workspace/tools/bazel" /usr/local/share/ca-certificates 2>&1)" ||
    check_failed "a loop of links in place of the certificates" "$output"
  check_contains "a loop of links in place of the certificates" "bazel 7.7.1" "$output"
}

# As update-ca-certificates does. All other components exist.
ignores_other_files_among_certificates() {
  local output
  # shellcheck disable=SC2016 # expanded inside
  output="$(unshare --mount sh -c 'mount -t tmpfs none "$1" && ln --symbolic /nonexistent "$1/link.crt" && mkdir "$1/directory.crt" && exec "$0" --version' \
    "$workspace/tools/bazel" /usr/local/share/ca-certificates 2>&1)" || check_failed "other files among the certificates" "$output"
  check_contains "other files among the certificates are ignored" "bazel 7.7.1" "$output"
}

explains_failed_stages() {
  check_explanation "a stage that filled the disk" "no space is left on the disk, or in memory, half of which a stage uses for /scratch" \
    'E: Failed to fetch http://localhost/Packages  Write error - write (28: No space left on device)'
  check_explanation "a clock in the future: apt" "sudo timedatectl set-ntp true" \
    'W: Failed to fetch http://localhost/InRelease  The following signatures were invalid: EXPKEYSIG 6ED0E7B82643E131'
  check_explanation "a clock in the past: apt" "sudo timedatectl set-ntp true" 'E: Release file for http://localhost/InRelease is not valid yet'
  check_explanation "a clock in the future: cargo" "sudo timedatectl set-ntp true" \
    '[60] SSL peer certificate or SSH remote key was not OK (SSL certificate problem: certificate has expired)'
  check_explanation "a proxy with an unknown certificate: pip" "sudo update-ca-certificates" \
    'SSLError(SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in certificate chain"))'
  check_explanation "unknown keys: apt with gpgv" "sudo apt install debian-archive-keyring gpg" \
    'W: GPG error: http://localhost forky InRelease: The following signatures cannot be verified: NO_PUBKEY 6ED0E7B82643E131'
  check_explanation "unknown keys: apt with sqv" "sudo apt install debian-archive-keyring gpg" \
    'Sub-process /usr/bin/sqv returned an error code (1), error message is: Missing key 6ED0E7B82643E131, which is needed to verify signature.'
  check_explanation "an unreachable network: apt" "the network seems to be the cause" 'E: Failed to fetch http://localhost/InRelease  Could not connect'
}

# check_explanation LABEL EXPECTED_PART LINE: of a stage whose log ends with the line.
check_explanation() {
  printf '%s\n' "$3" > "$scratch/stage.log"
  check_contains "$1" "$2" "$(
    source "$workspace/tools/distro/launch/messages.sh"
    source "$workspace/tools/distro/setup/stage.sh"
    explain_stage_failure "$scratch/stage.log" 2>&1
  )"
}

# Calls the functions directly.
requires_host_packages() {
  local output
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2329 # used by the sourced files
  output="$(
    set -o errexit
    thimble_distro="$workspace/tools/distro" thimble_cache="$cache" thimble_workspace="$workspace" setup_variables=()
    for file in messages cache root doctor; do source "$thimble_distro/launch/$file.sh"; done
    command() { return 1; }
    # As on a read-only disk.
    rm() { return 1; }
    run_child() { printf 'run %s\n' "$1" && exit; }
    select_environment() { :; }
    declare -A caller=()
    problems=0
    describe_sandbox
    printf '%s problems\n' "$problems"
    prepare_root
  )"
  check_contains "a complete root without bubblewrap runs set-up" "run setup" "$output"
  check_contains "packages that set-up installs are no problem of doctor" "0 problems" "$output"
}

# check_absent_packages LABEL EXPECTED ID: on a distribution whose ID is in os-release, with mmdebstrap, but without gpg and Debian's keyring.
check_absent_packages() {
  printf 'NAME=Name\nID=%s\nID_LIKE=debian\n' "$3" > "$scratch/os-release"
  # shellcheck disable=SC2030,SC2031,SC2034,SC2329 # used by the sourced file
  check_equal "$1" "$2" "$(
    source "$workspace/tools/distro/setup/packages.sh"
    os_release="$scratch/os-release" debian_keyring=/nonexistent
    command() { [[ "$2" != gpg ]]; }
    find_absent_packages debian
    printf '%s ' "${absent[@]}"
  )"
}

requires_keyring() {
  check_absent_packages "the packages that Ubuntu lacks" "debian-archive-keyring gpg " ubuntu
  check_absent_packages "the packages that a distribution with a quoted ID lacks" "debian-archive-keyring gpg " '"linuxmint"'
  check_absent_packages "the packages that Debian lacks" " " debian
}

# Calls the function directly, with a lock of three packages.
reports_moved_packages() {
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
  check_contains "a newer package is reported" "rustc 1 -> 2" "$message"
  check_contains "a removed package is reported" "gone 1 -> none" "$message"
  check_contains "set-up continues" "continuing with the newer ones" "$message"
  [[ "$message" != *cargo* ]] || check_failed "an unchanged package is not reported" "$message"
  passed "an unchanged package is not reported"
}

# Calls the function directly. apt ignores the upper-case names.
passes_proxies() {
  local environment_of_setup
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2154,SC2329 # used by the sourced files
  environment_of_setup="$(
    thimble_distro="$workspace/tools/distro" thimble_cache="$scratch/no-root" thimble_workspace="$workspace"
    for file in messages cache environment root; do source "$thimble_distro/launch/$file.sh"; done
    run_child() { printf '<%s>' "${environment[@]}" && return 1; }
    declare -A caller=([HTTP_PROXY]=http://upper.test:1 [HTTPS_PROXY]=http://upper.test:2 [https_proxy]=http://lower.test:2 [all_proxy]=user:p@ss/word@127.0.0.1:1)
    prepare_root 2>&1
  )" || true
  check_contains "set-up gets HTTP_PROXY as http_proxy" "<http_proxy=http://upper.test:1>" "$environment_of_setup"
  check_contains "set-up gets https_proxy unchanged" "<https_proxy=http://lower.test:2>" "$environment_of_setup"
  [[ "$environment_of_setup" != *"<https_proxy=http://upper.test:2>"* ]] || check_failed "HTTPS_PROXY does not replace https_proxy" "$environment_of_setup"
  passed "HTTPS_PROXY does not replace https_proxy"
  check_contains "a failed set-up reports a proxy that does not respond" "cannot connect to the proxy all_proxy=***@127.0.0.1:1;" "$environment_of_setup"
}

# check_required_disk LABEL EXPECTED STAGE...: with 100 MB free. Calls the function directly.
check_required_disk() {
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034,SC2329 # used by the sourced files
  check_equal "$1" "$2" "$(
    for file in launch/messages setup/machine; do source "$workspace/tools/distro/$file.sh"; done
    df() { printf 'Avail\n  100\n'; }
    thimble_cache=/cache missing=("${@:3}")
    check_disk 2>&1 | sed --quiet 's/.*error: //p'
  )"
}

requires_disk_of_missing_stages() {
  local message="too little disk for the build root: 100 MB free in /cache,"
  check_required_disk "the disk that small stages require" "" certificates rules_rust cargo-bazel
  check_required_disk "the disk that zig requires" "$message 510 MB required" certificates zig
  check_required_disk "the disk that all stages require" "$message 4096 MB required" debian certificates rules_rust zig rust-std cargo-bazel
}

# Calls the function directly. Containers that share the cache may start set-up with equal process numbers.
checks_cache_with_equal_process_number() {
  mkdir -p "$scratch/probed/probe.$$"
  # shellcheck disable=SC1090,SC2030,SC2031,SC2034 # used by the sourced files
  check_equal "the check of a cache that another container with an equal process number checks" "" "$(
    for file in launch/messages setup/machine; do source "$workspace/tools/distro/$file.sh"; done
    thimble_cache="$scratch/probed"
    check_cache 2>&1
  )"
}

rejects_unmet_requirements() {
  mkdir "$scratch/small" "$scratch/noexec" "$scratch/read-only"
  check_rejected "a relative cache directory" 'invalid XDG_CACHE_HOME "cache"' env XDG_CACHE_HOME=cache "$workspace/tools/bazel" --version
  check_rejected "no home directory" "neither HOME nor XDG_CACHE_HOME" env --unset=HOME --unset=XDG_CACHE_HOME "$workspace/tools/bazel" --version
  check_rejected "a relative home directory" 'invalid HOME "home"' env HOME=home "$workspace/tools/bazel" --version
  check_rejected "a cache directory in the workspace" 'one that .bazelignore lists' env XDG_CACHE_HOME="$workspace/.cache" "$workspace/tools/bazel" --version
  ln --symbolic "$workspace" "$scratch/link"
  check_rejected "a cache directory in the workspace behind a link" 'one that .bazelignore lists' env XDG_CACHE_HOME="$scratch/link/.cache" "$workspace/tools/bazel" --version
  check_rejected "a cache directory below /usr" 'invalid cache directory "/usr/local/cache"' env XDG_CACHE_HOME=/var/../usr/local/cache "$workspace/tools/bazel" --version
  mkdir "$scratch/removed"
  # shellcheck disable=SC2016 # expanded inside
  check_rejected "a removed working directory" 'cd "$PWD"' bash -c 'cd "$1" && rmdir "$1" && "$2" --version' - "$scratch/removed" "$workspace/tools/bazel"
  check_rejected "a directory below /usr" "cannot build in /usr/share" env --chdir=/usr/share "$workspace/tools/bazel" --version

  local linked="/usr/local/thimble-e2e-$$"
  mkdir "$linked"
  on_exit rmdir "$linked"
  ln --symbolic "$linked" "$scratch/below-usr"
  check_rejected "a directory below /usr behind a link" "cannot build in $linked" env --chdir="$scratch/below-usr" PWD="$scratch/below-usr" "$workspace/tools/bazel" --version

  mount -t tmpfs -o size=50m tmpfs "$scratch/small"
  on_exit umount "$scratch/small"
  check_rejected "too little disk" "too little disk for the build root" env XDG_CACHE_HOME="$scratch/small" "$workspace/tools/bazel" --version
  mount -t tmpfs -o noexec tmpfs "$scratch/noexec"
  on_exit umount "$scratch/noexec"
  check_rejected "a cache on a noexec file system" "mounted noexec" env XDG_CACHE_HOME="$scratch/noexec" "$workspace/tools/bazel" --version
  mount -t tmpfs -o ro tmpfs "$scratch/read-only"
  on_exit umount "$scratch/read-only"
  check_rejected "a read-only cache" "cannot create the cache: " env XDG_CACHE_HOME="$scratch/read-only" "$workspace/tools/bazel" --version

  # As on NFS without lockd.
  printf '#!/bin/sh\necho "flock: No locks available" >&2\nexit 71\n' > "$scratch/flock"
  chmod +x "$scratch/flock"
  # shellcheck disable=SC2016 # expanded inside
  local without_locks=(unshare --mount sh -c 'mount --bind "$0" /usr/bin/flock && exec "$@"' "$scratch/flock")
  check_rejected "a cache without locks" "which set-up requires: flock: No locks available" \
    "${without_locks[@]}" env XDG_CACHE_HOME="$scratch/no-locks" "$workspace/tools/bazel" --version
  printf '1\n' > "$cache/pruned"
  check_equal "with a complete build root in a cache without locks the launcher prints nothing" "" \
    "$("${without_locks[@]}" "$workspace/tools/bazel" --version 2>&1 > /dev/null)"

  # A new network namespace has no interface that is up.
  check_rejected "no network" "the network seems to be the cause" unshare --net env XDG_CACHE_HOME="$scratch/no-net" "$workspace/tools/bazel" --version
}

main() {
  need_packages strace
  need_readable_workspace
  copy_cache
  writes_to_terminal
  stops_when_interrupted
  stops_while_waiting
  stops_while_apt_downloads
  resumes_in_hostile_environment
  resolves_crates_with_an_empty_cargo_home
  rejects_missing_namespaces
  hides_credentials
  ignores_other_files_among_certificates
  finds_certificates
  prunes_unused_roots
  prunes_large_downloads
  completes_interrupted_copy_of_crates
  completes_set_up_without_pruning
  handles_full_disk
  explains_failed_stages
  requires_host_packages
  requires_keyring
  reports_moved_packages
  passes_proxies
  waits_for_dpkg
  requires_disk_of_missing_stages
  checks_cache_with_equal_process_number
  rejects_unmet_requirements
  stops_debian_stage
  builds_in_private_home
  report_checks
}

main
