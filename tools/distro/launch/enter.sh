# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# The bubblewrap command line that enters the build root. Requires `components`, `environment`, `thimble_cache`, `thimble_distro`.

# Sets `enter`: bubblewrap's options. The root is read-only; the machine's other directories keep their paths.
# /proc is the machine's, because Bazel's linux-sandbox cannot mount its own over a new one.
build_enter() {
  local root="${components[debian]}" identity='' name entry user_namespace
  choose_user_namespace
  enter=(
    "${user_namespace[@]}" --die-with-parent --tmpfs /
    --ro-bind "$root/usr" /usr --ro-bind "$root/etc" /etc
    --symlink usr/bin /bin --symlink usr/sbin /sbin --symlink usr/lib /lib --symlink usr/lib64 /lib64
    --dev-bind /dev /dev --bind /proc /proc --ro-bind /sys /sys
    --symlink "$thimble_distro" /thimble/distro
    # Targets of the root's links resolv.conf, hosts, passwd and group. Directories, because programs replace such files by renaming.
    --ro-bind /etc /thimble/machine/etc --ro-bind-try /run /thimble/machine/run
    --clearenv
  )
  for entry in /* /.[!.]*; do
    case "$entry" in
      /bin | /sbin | /lib | /lib32 | /lib64 | /libx32 | /usr | /etc | /dev | /proc | /sys | /boot | /lost+found | /thimble) ;;
      *)
        if [[ -L "$entry" ]]; then
          enter+=(--symlink "$(readlink "$entry")" "$entry")
        elif [[ -d "$entry" ]]; then
          # It may be removed before bubblewrap mounts it.
          enter+=(--bind-try "$entry" "$entry")
        fi
        ;;
    esac
  done
  for name in "${!components[@]}"; do
    case "$name" in
      debian) ;;
      certificates)
        enter+=(--ro-bind "${components[$name]}" /etc/ssl)
        continue
        ;;
      *) enter+=(--ro-bind "${components[$name]}" "/thimble/$name") ;;
    esac
    identity+="${components[$name]##*/} "
  done
  # For the image of the root (platforms/ci), which consists of the same parts and keys.
  enter+=(--setenv THIMBLE_ROOT "$identity")
  for entry in "${environment[@]}"; do enter+=(--setenv "${entry%%=*}" "${entry#*=}"); done
  # Links in the cache point there.
  [[ ! -d "$image_crates" ]] || enter+=(--ro-bind "$image_crates" "$image_crates")
  local disk_cache="$thimble_cache/disk/${root##*-}"
  [[ -d "$disk_cache" ]] || mkdir -p "$disk_cache"
  # Bazel treats file names as Latin-1 and requires a Latin-1 locale.
  enter+=(--bind "$disk_cache" /thimble/disk --setenv PATH /usr/sbin:/usr/bin:/sbin:/bin --setenv LC_ALL en_US.ISO-8859-1 --setenv CARGO_HOME "$thimble_cache/cargo")
}

# exec_in_root COMMAND [ARG...]: executes the command in this working directory. If a signal ends bubblewrap, the command gets TERM, or
# `death_signal`.
exec_in_root() {
  local options
  build_enter
  # A terminal signals the whole foreground process group. Bubblewrap must survive that, because --die-with-parent would kill a command that
  # handles the signal.
  trap '' INT QUIT
  # A descriptor that the caller does not use.
  exec {options}< <(printf '%s\0' "${enter[@]}")
  exec bwrap --args "$options" --chdir "$PWD" -- env --default-signal=INT,QUIT setpriv --pdeathsig "${death_signal:-TERM}" "$@"
}
