#!/usr/bin/env bash
# Installs the packages of packages.list from Debian forky, without their documentation. Runs on the machine.
# Usage: debian.sh DIR    (DIR must not exist)
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly suite=forky
readonly out="$1" started="$EPOCHSECONDS"

# Paths that dpkg skips, which saves time and space.
readonly excluded=(
  '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/coreutils/locales/*'
  '/usr/share/nodejs/*' '/usr/share/maven-repo/*' '/usr/share/bash-completion/*' '/usr/share/zsh/*'
  '/usr/lib/jvm/*/jmods/*' '/usr/lib/jvm/*/man/*'
  '/usr/libexec/gcc/*/lto1' '/usr/bin/*lto-dump*'
  '/usr/src/rustc-*' '/usr/bin/qemu-*'
)
readonly included=('/usr/share/doc/*/copyright' '/usr/src/rustc-*/library' '/usr/src/rustc-*/library/*')

lines() { sed 's/#.*//; /^ *$/d' "$1"; }

names() { lines "$1" | xargs; }

# Runs inside mmdebstrap, with the new root as its argument, before mmdebstrap removes the package index.
finish() {
  local root="$1" debs="usr/share/thimble/debs" architecture packages deb
  mkdir -p "$root/$debs"
  read -ra packages <<< "$(names "$here/platform-packages.list")"
  # shellcheck disable=SC2016 # expanded by dpkg-query
  chroot "$root" dpkg-query --show --showformat '${Package} ${Version}\n' > "$root/usr/share/thimble/packages"
  while read -r architecture _; do
    mkdir -p "$root/$debs/$architecture"
    fetch "$root" "$architecture" "$root/$debs/$architecture" "${packages[@]}"
    for deb in "$root/$debs/$architecture"/*.deb; do
      chroot "$root" dpkg-deb --show --showformat "\${Package}:$architecture \${Version}\n" "${deb#"$root"}"
    done >> "$root/usr/share/thimble/packages"
  done < <(lines "$here/platforms.list")
  # The package database for vulnerability scanners of the CI image.
  cp "$root/var/lib/dpkg/status" "$root/usr/share/thimble/dpkg-status"
  resolve_dev_packages > "$root/usr/share/thimble/dev-packages"
  # Bazel warns about a system rc file even with --nosystem_rc.
  rm -f "$root/etc/bazel/bazelrc"
  # Only the package of Debian's default LLVM contains this name.
  chroot "$root" ln --symbolic "$(basename "$root"/usr/bin/ld.lld-*)" /usr/bin/ld.lld
  # Bazel treats file names as Latin-1.
  chroot "$root" localedef --inputfile en_US --charmap ISO-8859-1 en_US.ISO-8859-1
}

# The packages of the dev image as apt resolves them over the root, one "'URI' FILE SIZE SHA256:DIGEST" per line. None is downloaded here.
resolve_dev_packages() {
  local packages
  read -ra packages <<< "$(names "$here/dev-packages.list")"
  APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get --option Acquire::ForceHash=SHA256 install --print-uris --yes --no-install-recommends "${packages[@]}" |
    grep "^'"
}

# Files that set-up writes itself get the time of the newest packaged file, for reproducibility.
normalize_times() {
  local newest
  newest="$(cd "$out" && find usr etc -type f ! -newermt "@$started" ! -path 'usr/share/thimble/*' -printf '%T@\n' | sort --numeric-sort | tail -n 1)"
  find "$out/usr" "$out/etc" -newermt "@$started" -exec touch --no-dereference --date="@$newest" {} +
  find "$out/usr/share/thimble" -exec touch --date="@$newest" {} +
}

# Lists all paths of the root for its image (platforms/ci): in a container the same directories contain more files.
list_files() {
  local list="$out/usr/share/thimble/files"
  touch "$list"
  (cd "$out" && find usr etc | LC_ALL=C sort) > "$out/tmp/files"
  mv "$out/tmp/files" "$list"
}

# Links to files whose current content on the machine is used, rather than a copy.
link_machine_files() {
  local file
  for file in resolv.conf hosts passwd group; do ln --symbolic --force "/thimble/machine/etc/$file" "$out/etc/$file"; done
}

# fetch ROOT ARCHITECTURE DIR PACKAGE...: downloads package files into DIR. A foreign architecture uses a separate index, because
# the root itself is configured for one architecture only.
fetch() {
  local root="$1" architecture="$2" dir="$3" config="$MMDEBSTRAP_APT_CONFIG" scratch="$1/tmp/apt-$2"
  shift 3
  if [[ "$(chroot "$root" dpkg --print-architecture)" != "$architecture" ]]; then
    mkdir -p "$scratch/lists/partial"
    {
      cat "$MMDEBSTRAP_APT_CONFIG"
      printf '#clear APT::Architectures;\nAPT::Architecture "%s";\nAPT::Architectures { "%s"; };\n' "$architecture" "$architecture"
      printf 'Dir::State::Lists "%s/lists";\nDir::Cache::pkgcache "";\nDir::Cache::srcpkgcache "";\n' "$scratch"
      printf 'APT::Sandbox::User "root";\n'
    } > "$scratch/apt.conf"
    config="$scratch/apt.conf"
    APT_CONFIG="$config" apt-get update
  fi
  (cd "$dir" && APT_CONFIG="$config" apt-get download "$@")
  rm -rf "$scratch"
}

main() {
  # shellcheck disable=SC2016 # expanded by mmdebstrap's shell
  local arguments=(
    --variant=essential
    --include="$(names "$here/packages.list" | tr ' ' ,)"
    # The archive's index of a testing suite can be older than its Valid-Until date.
    --aptopt='Acquire::Check-Valid-Until "0"'
    --aptopt='Acquire::Retries "3"'
    # apt's sandbox user cannot read directories without permissions for others.
    --aptopt='APT::Sandbox::User "root"'
    --customize-hook='bash "$thimble_debian_script" --finish "$1"'
  )
  local pattern cpu
  for pattern in "${excluded[@]}"; do arguments+=(--dpkgopt="path-exclude=$pattern"); done
  for pattern in "${included[@]}"; do arguments+=(--dpkgopt="path-include=$pattern"); done
  while read -r _ cpu _; do arguments+=(--dpkgopt="path-include=/usr/bin/qemu-$cpu"); done < <(lines "$here/platforms.list")
  local mirror=()
  [[ -z "${THIMBLE_DEBIAN_MIRROR:-}" ]] || mirror=("$THIMBLE_DEBIAN_MIRROR")

  export thimble_debian_script="$here/debian.sh"
  # Namespaces that are removed, with all processes and mounts in them, when this script exits.
  local namespaces=(setpriv --pdeathsig KILL unshare --mount --pid --fork --mount-proc --kill-child)
  if ((EUID == 0)); then
    "${namespaces[@]}" mmdebstrap --mode=root "${arguments[@]}" "$suite" "$out" "${mirror[@]}"
  else
    # Root of the user namespace is the user, who can read a private home directory. The root is extracted from a tar, so that every
    # file belongs to the user, who can remove it again.
    mkdir "$out"
    "${namespaces[@]}" --user --map-root-user --map-auto mmdebstrap --mode=root "${arguments[@]}" "$suite" - "${mirror[@]}" |
      tar --extract --directory "$out" --exclude './dev/*' --no-same-owner --preserve-permissions
    chmod -R u+w "$out"
  fi
  link_machine_files
  list_files
  normalize_times
}

if [[ "$1" == --finish ]]; then
  finish "$2"
else
  main
fi
