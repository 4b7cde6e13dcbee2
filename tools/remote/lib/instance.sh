# shellcheck shell=bash disable=SC2034,SC2154 # sourced; needs `remote_dir`
# Supervised services on the loopback, in a pid namespace: a killed supervisor leaves no process running.
# Usage: source instance.sh NAME    (cluster or cache)
#
# The calling script defines `configure`, which writes the services' configuration to $state, `is_serving` and `print_flags`. services/NAME.conf
# lists the services. $state has the address, logs, data, a symlink to the services' root, and a lock that the processes of the instance hold.
# It is below the launcher's cache or THIMBLE_REMOTE_STATE; each further instance needs another directory.

thimble_workspace="${remote_dir%/tools/remote}"
readonly thimble_workspace
readonly thimble_distro="$thimble_workspace/tools/distro"
for file in messages machine cache environment root child prune namespaces; do
  # shellcheck source=/dev/null
  source "$thimble_distro/launch/$file.sh"
done
read_caller_environment
check_system
use_system_path
locate_cache
# shellcheck source=tools/remote/lib/root.sh
source "$remote_dir/lib/root.sh"

[[ "${THIMBLE_REMOTE_STATE:-/}" == /* ]] ||
  fail_usage "invalid THIMBLE_REMOTE_STATE \"$THIMBLE_REMOTE_STATE\": expected an absolute path; use the default:" "unset THIMBLE_REMOTE_STATE"
readonly instance="$1" state="${THIMBLE_REMOTE_STATE:-$remote_cache}/$1" start_attempts=3 start_seconds=120 stop_seconds=20 response_seconds=10
# The exit code of `timeout` if a service does not respond.
readonly timed_out=124
# Additional bubblewrap options of the instance.
instance_options=()

usage() {
  say "error: $1"
  printf '    tools/remote/%s --help\n' "$instance" >&2
  exit 64
}

# Only its owner and root can inspect and stop an instance.
check_owner() {
  ((EUID == 0)) || [[ ! -e "$state" || -O "$state" ]] ||
    fail "$state belongs to the user $(stat --format=%U "$state"); for an instance of your own, use another directory:" "export THIMBLE_REMOTE_STATE=/path/to/directory"
}

# create_state REQUIRED_MB
create_state() {
  local output free
  output="$(mkdir -p "$state/log" 2>&1 && touch "$state/lock" 2>&1)" ||
    fail "cannot write $state: ${output##*: }; use another directory:" "export THIMBLE_REMOTE_STATE=/path/to/directory"
  free="$(df --output=avail --block-size=1M "$state" | tail -n 1)"
  ((free >= $1)) || fail "too little disk for the $instance: $((free)) MB free in $state, $1 MB required; use another directory:" \
    "export THIMBLE_REMOTE_STATE=/path/with/space"
}

is_running() { [[ -e "$state/lock" ]] && ! flock --nonblock "$state/lock" true; }

# Sets `sandbox`, the command prefix that enters the services' root. Not as root, because PostgreSQL rejects it.
build_sandbox() {
  sandbox=(
    bwrap --unshare-user --uid 65532 --gid 65532 --tmpfs /
    --ro-bind "$services_root/usr" /usr --ro-bind "$services_root/etc" /etc --ro-bind "$services_root/opt" /opt
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
    --dev /dev --bind /proc /proc --tmpfs /tmp --bind "$state" /state --ro-bind "$remote_dir/services" /services
    --ro-bind "$remote_dir/services/$instance.conf" /programs.conf
    --clearenv --setenv PATH /usr/sbin:/usr/bin --setenv HOME /tmp "${instance_options[@]}"
  )
}

free_port() { "${sandbox[@]}" python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

accepts_connections() { (exec 3<> "/dev/tcp/${address%:*}/${address#*:}") 2> /dev/null; }

control() { timeout "$response_seconds" "${sandbox[@]}" supervisorctl --configuration /services/supervisord.conf "$@"; }

# up REQUIRED_MB
up() {
  local attempt
  check_owner
  check_namespaces
  prepare_services_root
  create_state "$1"
  for ((attempt = 1; ; ++attempt)); do
    start_services
    if await_start; then break; fi
    ((attempt < start_attempts)) || start_failed
    stop_services
    say "another program took port ${address#*:}; trying another port"
  done
  exec {root_lock}<&-
  printf '%s\n' "$address" > "$state/address"
  say "the $instance listens at $address"
  print_flags
}

# Sets `address`. The services' processes hold the lock.
start_services() {
  exec {instance_lock}> "$state/lock"
  flock --nonblock "$instance_lock" || fail "a $instance is already running; to inspect or to stop it:" "tools/remote/$instance status" "tools/remote/$instance down"
  # Leftovers of a killed instance.
  rm -f "$state"/{*.sock,*.pid,address,log/*}
  ln --symbolic --force --no-dereference "$services_root" "$state/root"
  build_sandbox
  address="127.0.0.1:$(free_port)"
  configure
  trap 'interrupt_start 130' INT
  trap 'interrupt_start 143' TERM HUP
  build_sandbox
  # Not bubblewrap's pid namespace: the workers' sandbox cannot mount /proc over bubblewrap's.
  local namespaces=(unshare --mount --pid --fork --mount-proc --kill-child)
  ((EUID == 0)) || namespaces+=(--user --map-root-user)
  setsid "${namespaces[@]}" "${sandbox[@]}" supervisord --configuration /services/supervisord.conf < /dev/null > "$state/log/start.log" 2>&1 &
  printf '%s\n' "$!" > "$state/pid"
  exec {instance_lock}>&-
}

# Waits until all services respond. Returns 1 if another program has bound the port since free_port; fails if the supervisor exits.
await_start() {
  local deadline=$((SECONDS + start_seconds))
  while true; do
    if port_is_taken; then return 1; fi
    if is_serving; then return; fi
    if ((SECONDS >= deadline)) || ! is_running; then start_failed; fi
    sleep 0.1
  done
}

port_is_taken() { grep --quiet --no-messages --ignore-case --extended-regexp 'address already in use|failed to bind' "$state"/log/*; }

start_failed() {
  tail --quiet --lines 3 "$state"/log/* | sed 's/^/    /' >&2
  stop_services
  fail "the $instance did not start; logs: $state/log"
}

interrupt_start() {
  trap '' INT TERM HUP
  stop_services
  say "interrupted; all services were stopped"
  exit "$1"
}

# Stops the services in order; kills the pid namespace after $stop_seconds, or if the supervisor does not respond.
stop_services() {
  local status=0
  control shutdown > /dev/null 2>&1 || status=$?
  if ((status != timed_out)) && flock --timeout "$stop_seconds" "$state/lock" true; then return; fi
  kill -KILL "$(< "$state/pid")" 2> /dev/null || true
  flock --timeout "$stop_seconds" "$state/lock" true || fail "cannot stop the $instance; to list the processes that hold its lock:" "lsof '$state/lock'"
}

# Uses the services' root of the running instance, which may differ from the checkout's.
use_running_root() {
  # Without it `down` kills the services.
  services_root="$(readlink "$state/root" || true)"
  build_sandbox
}

# Sets `address`; exits with 1 if the instance is not running.
find_instance() {
  check_owner
  is_running || {
    say "no $instance is running$([[ ! -e "$state/address" ]] || printf ': it was killed'); to start one:"
    printf '    tools/remote/%s up\n' "$instance" >&2
    exit 1
  }
  use_running_root
  address="$(cat "$state/address" 2> /dev/null)" || fail "the $instance has no address: it is starting, or its start was killed; to stop it:" "tools/remote/$instance down"
}

down() {
  check_owner
  is_running || {
    rm -f "$state/address"
    say "no $instance is running"
    return
  }
  use_running_root
  stop_services
  rm -f "$state/address"
  say "the $instance has stopped"
}

status() {
  find_instance
  printf 'address %s, data and logs in %s\n' "$address" "$state"
  # is_serving detects the stopped services that supervisorctl reports.
  control status || (($? != timed_out)) || fail "the supervisor of the $instance does not respond; to stop the $instance:" "tools/remote/$instance down"
  is_serving || fail "not all services respond; logs: $state/log"
}
