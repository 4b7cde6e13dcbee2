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
