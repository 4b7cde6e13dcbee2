# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Requirements of the launcher on the machine.

# The caller's limit of nested function calls.
unset -v FUNCNEST
# Bash takes these from the environment if they are exported, as some users do for docker compose.
while read -r field real effective _; do [[ "$field" != Uid: ]] || break; done < /proc/self/status
[[ "${UID@a}" == *r* ]] || readonly UID="$real"
[[ "${EUID@a}" == *r* ]] || readonly EUID="$effective"

# The system for which bash was built, which needs no fork. OSTYPE and HOSTTYPE may be the caller's, because tcsh exports them.
readonly machine_type="${BASH_VERSINFO[5]}"

check_system() {
  [[ "$machine_type" == x86_64-*-linux-gnu ]] ||
    fail "unsupported system \"$machine_type\": the build root requires Linux on x86-64; use bazelisk:" "bazelisk build //services/hello:image"
  # Bash cannot determine the path of a removed directory.
  # shellcheck disable=SC2016 # for the caller's shell
  [[ -n "$PWD" ]] || fail "the working directory was removed; if it exists again, enter it again:" 'cd "$PWD"'
  check_directory "$thimble_workspace"
  check_directory "$PWD"
}

check_directory() {
  case "$1/" in
    /usr/* | /etc/* | /boot/* | /thimble/*)
      fail "cannot build in $1: the build root replaces /usr, /etc, /boot and /thimble; move the workspace to /srv or a home directory"
      ;;
  esac
}

# The caller's PATH may lack the system's directories or have other programs before them.
use_system_path() { PATH="/usr/sbin:/usr/bin:/sbin:/bin${PATH:+:$PATH}"; }

# lacks_capability BIT [SET]: whether this process lacks the capability in CapEff or another set, see capabilities(7).
lacks_capability() {
  local name value
  while read -r name value; do [[ "$name" != "${2:-CapEff}:" ]] || break; done < /proc/self/status
  ((!("16#$value" >> $1 & 1)))
}

# Sets `user_namespace`, bubblewrap's option. Bubblewrap creates a user namespace for all users except root, for whom it requires
# CAP_SYS_ADMIN (21) instead.
choose_user_namespace() {
  user_namespace=()
  if ((EUID == 0)) && lacks_capability 21; then user_namespace=(--unshare-user); fi
}
