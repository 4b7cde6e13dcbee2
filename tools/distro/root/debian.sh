#!/usr/bin/env bash
# Makes the build root: Debian forky, with what packages.list names, trimmed. Runs on the machine.
# Usage: debian.sh DIR    (DIR must not exist)
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly suite=forky
readonly out="$1"

# dpkg never writes these: it saves time as well as space.
readonly excluded=(
  '/usr/share/doc/*' '/usr/share/man/*' '/usr/share/info/*' '/usr/share/locale/*' '/usr/share/coreutils/locales/*'
  '/usr/share/nodejs/*' '/usr/share/maven-repo/*' '/usr/share/bash-completion/*' '/usr/share/zsh/*'
  '/usr/lib/jvm/*/jmods/*' '/usr/lib/jvm/*/man/*'
  '/usr/libexec/gcc/*/lto1' '/usr/bin/*lto-dump*'
  '/usr/src/rustc-*' '/usr/bin/qemu-*'
)
readonly included=('/usr/share/doc/*/copyright' '/usr/src/rustc-*/library' '/usr/src/rustc-*/library/*')

# The lines of a list.
lines() { sed 's/#.*//; /^ *$/d' "$1"; }

names() { lines "$1" | xargs; }

# Runs inside mmdebstrap, with the new root as its argument, while the package index is still there.
finish() {
  local root="$1" debs="usr/share/thimble/debs" architecture packages deb
  mkdir -p "$root/$debs"
  read -ra packages <<< "$(names "$here/platform-packages.list")"
  chroot "$root" dpkg-query --show --showformat '${Package} ${Version}\n' > "$root/usr/share/thimble/packages"
  while read -r architecture _; do
    mkdir -p "$root/$debs/$architecture"
    fetch "$root" "$architecture" "$root/$debs/$architecture" "${packages[@]}"
    for deb in "$root/$debs/$architecture"/*.deb; do
      chroot "$root" dpkg-deb --show --showformat "\${Package}:$architecture \${Version}\n" "${deb#"$root"}"
    done >> "$root/usr/share/thimble/packages"
  done < <(lines "$here/platforms.list")
  # Bazel warns about a system rc file that it was told not to read.
  rm -f "$root/etc/bazel/bazelrc"
  # Mount points for the machine's own.
  : > "$root/etc/resolv.conf"
  : > "$root/etc/hosts"
  local certificate
  for certificate in /usr/local/share/ca-certificates/*.crt; do
    [[ -e "$certificate" ]] || continue
    cp "$certificate" "$root/usr/local/share/ca-certificates/"
  done
  chroot "$root" update-ca-certificates
}

# fetch ROOT ARCHITECTURE DIR PACKAGE...: package files into DIR. Another architecture's come by an index of its own, so that
# the root itself knows one architecture only.
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
  local arguments=(
    --variant=essential
    --include="$(names "$here/packages.list" | tr ' ' ,)"
    # The archive's index of a testing suite can be older than its Valid-Until date.
    --aptopt='Acquire::Check-Valid-Until "0"'
    --aptopt='Acquire::Retries "3"'
    --customize-hook="bash '$here/debian.sh' --finish \"\$1\""
  )
  local pattern cpu
  for pattern in "${excluded[@]}"; do arguments+=(--dpkgopt="path-exclude=$pattern"); done
  for pattern in "${included[@]}"; do arguments+=(--dpkgopt="path-include=$pattern"); done
  while read -r _ cpu _; do arguments+=(--dpkgopt="path-include=/usr/bin/qemu-$cpu"); done < <(lines "$here/platforms.list")
  local mirror=()
  [[ -z "${THIMBLE_DEBIAN_MIRROR:-}" ]] || mirror=("$THIMBLE_DEBIAN_MIRROR")

  if ((EUID == 0)); then
    mmdebstrap --mode=root "${arguments[@]}" "$suite" "$out" "${mirror[@]}"
  else
    # By way of a tar, so that every file belongs to the user and can be removed again.
    mkdir "$out"
    mmdebstrap --mode=unshare "${arguments[@]}" "$suite" - "${mirror[@]}" |
      tar --extract --directory "$out" --exclude './dev/*' --no-same-owner --preserve-permissions
    chmod -R u+w "$out"
  fi
}

if [[ "$1" == --finish ]]; then
  finish "$2"
else
  main
fi
