# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# What has to be true of the machine, checked before anything is made.

as_root_or_sudo() { ((EUID == 0)) && printf '' || printf 'sudo '; }

install_host_packages() {
  local missing=() package
  local -A command_of=([mmdebstrap]=mmdebstrap [bubblewrap]=bwrap)
  ((EUID == 0)) || command_of[uidmap]=newuidmap
  for package in "${!command_of[@]}"; do
    command -v "${command_of[$package]}" > /dev/null || missing+=("$package")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get > /dev/null || fail "this system has no apt, and the build root is made of Debian's packages" \
    "use bazelisk, which needs none of it (and the open internet):" "bazelisk build //services/hello:image"
  local names
  names="$(printf '%s\n' "${missing[@]}" | sort | xargs)"
  if ((EUID != 0)); then
    fail "the build root needs $names on this machine; once:" "sudo apt install $names"
  fi
  say "installing $names on this machine"
  local log="$thimble_cache/log/apt.log"
  # An update fails as a whole when one of many archives does; whether what is needed is there, the installation tells.
  if ! { apt-get update || true; DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "${missing[@]}"; } > "$log" 2>&1 < /dev/null; then
    tail -n 5 "$log" >&2
    fail "$names could not be installed; is Debian's archive in reach? once it is:" "apt install $names"
  fi
}

check_disk() {
  local free
  free="$(df --output=avail -k "$thimble_cache" | tail -n 1)"
  ((free >= needed_kb)) || fail "too little disk for the build root: $((free / 1024)) MB free in $thimble_cache, $((needed_kb / 1024)) MB needed" \
    "free some, or put the cache elsewhere:" "XDG_CACHE_HOME=/path/with/space tools/bazel ..."
}

# Bazel would go on without its sandbox, and say nothing; we don't.
check_sandbox() {
  local log="$thimble_cache/log/sandbox.log"
  build_enter "${components[debian]}"
  if ! "${enter[@]}" -- true > "$log" 2>&1; then
    sed 's/^/    /' "$log" >&2
    fail "bubblewrap can't make a namespace here; unprivileged user namespaces may be forbidden. To allow them:" \
      "$(as_root_or_sudo)sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000" \
      "(in a container: start it with --security-opt seccomp=unconfined --security-opt apparmor=unconfined)"
  fi
  if ! "${enter[@]}" -- /usr/share/bazel/linux-sandbox -W "$thimble_cache/making" -N -- /bin/true > "$log" 2>&1; then
    sed 's/^/    /' "$log" >&2
    fail "Bazel's linux-sandbox does not work here, and nothing is built without it. It needs user, mount and pid namespaces:" \
      "$(as_root_or_sudo)sysctl -w kernel.unprivileged_userns_clone=1 user.max_user_namespaces=15000"
  fi
}
