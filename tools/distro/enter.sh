# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# How a command is run inside the build root. Sourced; needs `components`, `thimble_cache` and `thimble_distro`.

# What of the machine's environment would mislead the tools in the root.
readonly root_unset=(
  LD_PRELOAD LD_LIBRARY_PATH JAVA_HOME JAVA_TOOL_OPTIONS CLASSPATH PYTHONHOME PYTHONPATH
  CC CXX LD AR CFLAGS CXXFLAGS LDFLAGS CPATH LIBRARY_PATH
  RUSTC RUSTDOC RUSTFLAGS RUSTC_WRAPPER RUSTC_WORKSPACE_WRAPPER RUSTUP_HOME RUSTUP_TOOLCHAIN
  CARGO CARGO_BUILD_TARGET CARGO_BUILD_RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_TARGET_DIR
)

# Sets `enter`: the bubblewrap command line up to the command.
# The root is read-only. Of the machine it shows the user's folders, at their own paths, and the network.
# /proc is the machine's: over a fresh one Bazel's linux-sandbox can't mount its own.
build_enter() {
  local root="$1" name folder
  enter=(
    bwrap --die-with-parent --tmpfs /
    --ro-bind "$root/usr" /usr --ro-bind "$root/etc" /etc
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
    --dev-bind /dev /dev --bind /proc /proc --ro-bind /sys /sys
    --ro-bind-try /etc/resolv.conf /etc/resolv.conf --ro-bind-try /etc/hosts /etc/hosts
    --ro-bind /etc/passwd /etc/passwd --ro-bind /etc/group /etc/group
    --symlink "$thimble_distro" /thimble/distro
    --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LC_ALL C.UTF-8 --setenv CARGO_HOME "$thimble_cache/cargo"
  )
  for folder in /*; do
    case "$folder" in
      /bin | /sbin | /lib | /lib32 | /lib64 | /libx32 | /usr | /etc | /dev | /proc | /sys | /boot | /lost+found | /thimble) ;;
      *) [[ -L "$folder" || ! -d "$folder" ]] || enter+=(--bind "$folder" "$folder") ;;
    esac
  done
  for name in "${!components[@]}"; do
    [[ "$name" == debian ]] || enter+=(--ro-bind "${components[$name]}" "/thimble/$name")
  done
  for name in "${root_unset[@]}"; do enter+=(--unsetenv "$name"); done
}

# Sets `bazel`: the command line of Bazel in the root, up to the user's own words. Takes the root's key: a server that
# was started over another root sees that one still, and with another startup option Bazel restarts it.
# An output base belongs to one root: what an action takes from the root undeclared (gcc, libc) is then part of its key.
build_bazel() {
  local root="${components[debian]}" enter
  build_enter "$root"
  bazel=(
    "${enter[@]}" --chdir "$PWD" --
    bazel --nosystem_rc --bazelrc="$thimble_distro/distro.bazelrc" --output_user_root="$thimble_cache/bazel/${root##*-}"
    --host_jvm_args="-Dthimble.root=$1"
  )
}
