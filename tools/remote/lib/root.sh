# shellcheck shell=bash disable=SC2034,SC2154 # sourced; needs the launcher's files
# The services' own root: Debian packages, and BuildGrid from PyPI. Made once, apart from the build root, which stays as small as builds need.

readonly remote_cache="$thimble_cache/remote"

# Sets `services_root`, after making it if it is missing. A shared lock on it is held by this process and by those that it starts.
prepare_services_root() {
  local key
  key="$(cat "$remote_dir"/{packages.list,requirements.txt,lib/root.sh} | sha256sum | cut -c1-16)"
  services_root="$remote_cache/root-$key"
  [[ -d "$services_root" ]] || make_missing_root
  exec {root_lock}< "$services_root"
  flock --shared "$root_lock"
}

# Of two runs at once one waits for the other.
make_missing_root() {
  local making
  [[ -n "$(type -P mmdebstrap)" ]] || fail "the services need mmdebstrap on this machine. Once:" "sudo apt install mmdebstrap"
  mkdir -p "$remote_cache"
  exec {lock}> "$remote_cache/lock"
  flock "$lock"
  if [[ ! -d "$services_root" ]]; then
    say "setting up the services in $remote_cache (once)"
    # What an interrupted run left.
    for making in "$remote_cache"/making.*; do
      [[ ! -d "$making" ]] || remove_tree "$making"
    done
    making="$(mktemp --directory "$remote_cache/making.XXXXXX")"
    make_services_root "$making" {lock}>&- > "$remote_cache/root.log" 2>&1 || {
      tail -n 10 "$remote_cache/root.log" | sed 's/^/    /' >&2
      fail "the services can't be set up; the complete output: $remote_cache/root.log" "nothing incomplete is kept; to try again, repeat your command"
    }
    chmod 755 "$making"
    mv --no-target-directory "$making" "$services_root"
    prune_services_roots
  fi
  exec {lock}>&-
}

# Roots of other keys over which nothing runs.
prune_services_roots() {
  local root
  for root in "$remote_cache"/root-*; do
    [[ ! -d "$root" || "$root" == "$services_root" ]] || ! flock --nonblock "$root" true || remove_tree "$root"
  done
}

# make_services_root DIR: in namespaces that end with this process.
make_services_root() {
  local packages namespaces=(setpriv --pdeathsig KILL unshare --mount --pid --fork --mount-proc --kill-child)
  packages="$(sed 's/ *#.*//; /^$/d' "$remote_dir/packages.list" | paste --serial --delimiters ,)"
  ((EUID == 0)) || namespaces+=(--user --map-root-user --map-auto)
  local options=(
    --mode=root --variant=essential --include="$packages"
    # As for the build root: tools/distro/root/debian.sh
    --aptopt='Acquire::Check-Valid-Until "0"' --aptopt='Acquire::Retries "3"' --aptopt='APT::Sandbox::User "root"'
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  )
  # Proxies among them.
  select_environment "${setup_variables[@]}"
  export "${environment[@]}"
  "${namespaces[@]}" mmdebstrap "${options[@]}" forky - ${THIMBLE_DEBIAN_MIRROR:+"$THIMBLE_DEBIAN_MIRROR"} |
    tar --extract --directory "$1" --exclude './dev/*' --no-same-owner --preserve-permissions || return
  chmod -R u+w "$1" || return
  # initdb looks up the name of its user.
  printf 'services:x:65532:65532::/tmp:/usr/sbin/nologin\n' >> "$1/etc/passwd"
  install_buildgrid "$1"
}

# install_buildgrid DIR: into /opt/buildgrid of that root, over the network of the machine.
install_buildgrid() {
  local options=(
    --tmpfs / --ro-bind "$1/usr" /usr --bind "$1/opt" /opt --bind "$1/etc" /etc
    --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 --dev /dev --proc /proc --tmpfs /tmp
    --ro-bind /etc/resolv.conf /etc/resolv.conf --ro-bind /etc/ssl/certs /etc/ssl/certs
    --ro-bind-try "$machine_certificates" "$machine_certificates"
  )
  local file
  # pip's configuration: a mirror, a certificate.
  for file in /etc/pip.conf "$HOME/.config/pip" "$HOME/.pip"; do [[ ! -e "$file" ]] || options+=(--ro-bind "$file" "$file"); done
  mkdir -p "$1/opt"
  bwrap --unshare-pid --die-with-parent "${options[@]}" bash -c 'set -e
    python3 -m venv /opt/buildgrid
    /opt/buildgrid/bin/pip install --quiet --no-deps --only-binary :all: --requirement /dev/stdin' < "$remote_dir/requirements.txt"
}
