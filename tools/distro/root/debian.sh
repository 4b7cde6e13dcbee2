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
  '/usr/src/rustc-*'
)
readonly included=('/usr/share/doc/*/copyright' '/usr/src/rustc-*/library' '/usr/src/rustc-*/library/*')

names() { sed 's/#.*//' "$1" | xargs; }

# Runs inside mmdebstrap, with the new root as its argument, while the package index is still there.
finish() {
  local root="$1"
  mkdir -p "$root/usr/share/thimble/debs/amd64"
  local base
  read -ra base <<< "$(names "$here/base.list")"
  (cd "$root/usr/share/thimble/debs/amd64" && APT_CONFIG="$MMDEBSTRAP_APT_CONFIG" apt-get download "${base[@]}")
  chroot "$root" dpkg-query --show --showformat '${Package} ${Version}\n' > "$root/usr/share/thimble/packages"
  local deb
  for deb in "$root"/usr/share/thimble/debs/amd64/*.deb; do
    chroot "$root" dpkg-deb --show --showformat 'base:${Package} ${Version}\n' "${deb#"$root"}"
  done >> "$root/usr/share/thimble/packages"
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

main() {
  local arguments=(
    --variant=essential
    --include="$(names "$here/packages.list" | tr ' ' ,)"
    # The archive's index of a testing suite can be older than its Valid-Until date.
    --aptopt='Acquire::Check-Valid-Until "0"'
    --aptopt='Acquire::Retries "3"'
    --customize-hook="bash '$here/debian.sh' --finish \"\$1\""
  )
  local pattern
  for pattern in "${excluded[@]}"; do arguments+=(--dpkgopt="path-exclude=$pattern"); done
  for pattern in "${included[@]}"; do arguments+=(--dpkgopt="path-include=$pattern"); done
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
