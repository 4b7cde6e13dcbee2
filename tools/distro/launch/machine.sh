# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# What the launcher asks of the machine before anything else.

check_system() {
  # Both name what this bash was built for, which costs no process.
  [[ "$OSTYPE" == linux-gnu && "$HOSTTYPE" == x86_64 ]] ||
    fail "the build root runs on Linux on x86-64, and this is $OSTYPE on $HOSTTYPE; use bazelisk here:" "bazelisk build //services/hello:image"
  local directory
  for directory in "$thimble_workspace" "$PWD"; do
    case "$directory/" in
      /usr/* | /etc/* | /boot/* | /thimble/*)
        fail "the build root has its own /usr, /etc, /boot and /thimble, so nothing in $directory can be built; move the workspace to /srv or a home directory"
        ;;
    esac
  done
}

# The caller's PATH may lack the system's directories, or have other programs before them.
use_system_path() { PATH="/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}"; }

# lacks_capability BIT: of capabilities(7), this process.
lacks_capability() {
  local name value
  while read -r name value; do [[ "$name" != CapEff: ]] || break; done < /proc/self/status
  ((!("16#$value" >> $1 & 1)))
}

# Bubblewrap makes a user namespace for everyone but root, who then needs CAP_SYS_ADMIN (21): sets `user_namespace`, its option.
choose_user_namespace() {
  user_namespace=()
  if ((EUID == 0)) && lacks_capability 21; then user_namespace=(--unshare-user); fi
}
