# shellcheck shell=bash disable=SC2034,SC2154 # sourced; needs the launcher's files
# The root of the services: Debian packages and BuildGrid from PyPI. Separate from the build root, which has only what builds need.

readonly remote_cache="$thimble_cache/remote"

# Sets `services_root` and creates it if missing. This process and its children hold a shared lock on it.
prepare_services_root() {
  local key
  key="$(cat "$remote_dir"/{packages.list,requirements.txt,lib/root.sh} | sha256sum | cut -c1-16)"
  services_root="$remote_cache/root-$key"
  [[ -d "$services_root" ]] || create_missing_root
  exec {root_lock}< "$services_root"
  flock --shared "$root_lock"
}

# Concurrent runs wait for each other.
create_missing_root() {
  local making
  [[ -n "$(type -P mmdebstrap)" ]] || fail "mmdebstrap is not installed:" "sudo apt install mmdebstrap"
  mkdir -p "$remote_cache"
  exec {lock}> "$remote_cache/lock"
  flock "$lock"
  if [[ ! -d "$services_root" ]]; then
    say "setting up the services in $remote_cache (once)"
    # Leftovers of an interrupted run.
    for making in "$remote_cache"/making.*; do
      [[ ! -d "$making" ]] || remove_tree "$making"
    done
    making="$(mktemp --directory "$remote_cache/making.XXXXXX")"
    create_services_root "$making" {lock}>&- > "$remote_cache/root.log" 2>&1 || {
      tail -n 10 "$remote_cache/root.log" | sed 's/^/    /' >&2
      fail "cannot set up the services; complete output: $remote_cache/root.log" "no incomplete root is kept; to retry, repeat the command"
    }
    chmod 755 "$making"
    mv --no-target-directory "$making" "$services_root"
    prune_services_roots
  fi
  exec {lock}>&-
}

# Removes roots of other keys that no instance uses.
prune_services_roots() {
  local root
  for root in "$remote_cache"/root-*; do
    [[ ! -d "$root" || "$root" == "$services_root" ]] || ! flock --nonblock "$root" true || remove_tree "$root"
  done
}

# create_services_root DIR: runs in namespaces whose processes are killed with this one.
create_services_root() {
  local packages namespaces=(setpriv --pdeathsig KILL unshare --mount --pid --fork --mount-proc --kill-child)
  packages="$(sed 's/ *#.*//; /^$/d' "$remote_dir/packages.list" | paste --serial --delimiters ,)"
  ((EUID == 0)) || namespaces+=(--user --map-root-user --map-auto)
  local options=(
    --mode=root --variant=essential --include="$packages"
    # The options of tools/distro/root/debian.sh.
    --aptopt='Acquire::Check-Valid-Until "0"' --aptopt='Acquire::Retries "3"' --aptopt='APT::Sandbox::User "root"'
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*'
  )
  # Includes proxy variables.
  select_environment "${setup_variables[@]}"
  export "${environment[@]}"
  "${namespaces[@]}" mmdebstrap "${options[@]}" forky - ${THIMBLE_DEBIAN_MIRROR:+"$THIMBLE_DEBIAN_MIRROR"} |
    tar --extract --directory "$1" --exclude './dev/*' --no-same-owner --preserve-permissions || return
  chmod -R u+w "$1" || return
  # initdb requires a name for its user.
  printf 'services:x:65532:65532::/tmp:/usr/sbin/nologin\n' >> "$1/etc/passwd"
  install_buildgrid "$1"
}

# install_buildgrid DIR: installs into /opt/buildgrid of the root, with network access.
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
