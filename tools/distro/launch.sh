# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# The fast way in, sourced by tools/bazel: find the build root, or have it made, and run Bazel in it.
# Every call of Bazel passes here, so it forks as little as it can.

readonly thimble_distro="$thimble_workspace/tools/distro"

# shellcheck source=tools/distro/setup/say.sh
source "$thimble_distro/setup/say.sh"

# Sets `thimble_cache`, after a look at where everything lies.
locate_cache() {
  local cache="${XDG_CACHE_HOME:-${HOME:-}/.cache}"
  [[ "$cache" == /* ]] || fail "XDG_CACHE_HOME must be an absolute path, found '$cache'" "unset XDG_CACHE_HOME"
  [[ "$cache" != /.cache ]] || fail "neither HOME nor XDG_CACHE_HOME is set, and the build root's place follows from them" \
    "XDG_CACHE_HOME=/var/tmp/cache tools/bazel ..."
  readonly thimble_cache="$cache/thimble"
  local folder
  for folder in "$thimble_workspace" "$PWD" "$cache"; do
    case "$folder/" in
      /usr/* | /etc/* | /boot/* | /thimble/*) fail "the build root has a /usr, /etc and /boot of its own, so nothing can be built in $folder; move it, to /srv or a home folder" ;;
    esac
  done
}

# One digest over all that defines the root; tools/distro/setup.sh gives each stage a finer one.
definition_key() {
  local files=("$thimble_distro"/setup.sh "$thimble_distro"/setup/* "$thimble_distro"/enter.sh "$thimble_distro"/root/* "$thimble_distro"/modules/rules_rust/**/*.bzl)
  local digest
  digest="$(cat -- "${files[@]}" | sha256sum)"
  printf '%s' "${digest:0:16}"
}

# Sets `components`: name to folder, for every part of the root.
declare -A components
read_components() {
  local name folder
  [[ -r "$1" ]] || return 1
  while read -r name folder; do
    [[ -d "$folder" ]] || return 1
    components[$name]="$folder"
  done < "$1"
}

# Sets `command_at`: where among the words Bazel's command stands, after its startup options; past the end if there is none.
find_command() {
  command_at=1
  while ((command_at <= $#)); do
    case "${!command_at}" in
      --bazelrc | --host_jvm_args | --host_jvm_profile | --install_base | --invocation_policy | --io_nice_level | --max_idle_secs | \
        --output_base | --output_user_root | --server_javabase | --server_jvm_out | --local_startup_timeout_secs | --macos_qos_class)
        ((command_at += 2))
        ;;
      -*) ((command_at += 1)) ;;
      *) return ;;
    esac
  done
}

# `bazel run`: built in the root, started on the machine, where docker or podman is. A user's own --script_path stays theirs.
run_outside() {
  local script="$thimble_cache/run.$$" status=0
  "${bazel[@]}" "${@:1:command_at}" --script_path="$script" "${@:command_at + 1}" || status=$?
  if ((status != 0)) || [[ ! -r "$script" ]]; then
    rm -f "$script"
    exit "$status"
  fi
  local text
  text="$(< "$script")"
  rm -f "$script"
  trap - INT
  # A test is started by a script of Bazel's own, which is in the root.
  if [[ "$text" == *tools/test/test-setup.sh* ]]; then
    local enter
    build_enter "${components[debian]}"
    exec "${enter[@]}" --chdir "$PWD" -- bash -c "$text"
  fi
  exec bash -c "$text"
}

# Sets `components` and `root_key`, after making what is missing.
prepare_root() {
  shopt -s globstar nullglob
  locate_cache
  # shellcheck source=tools/distro/enter.sh
  source "$thimble_distro/enter.sh"
  root_key="$(definition_key)"
  local ready="$thimble_cache/ready/$root_key"
  read_components "$ready" && return
  bash "$thimble_distro/setup.sh" "$ready"
  read_components "$ready" || fail "the build root was made, but its record can't be read: $ready" \
    "remove the cache and start again:" "rm -r '$thimble_cache'"
}

launch_bazel() {
  prepare_root
  # The terminal sends Ctrl-C to all of us; Bazel's client alone answers to it, and ends in its own time.
  trap '' INT
  local bazel command_at
  build_bazel "$root_key"
  find_command "$@"
  if [[ "${!command_at:-}" == run && " $* " != *" --script_path"* ]]; then
    run_outside "$@"
  fi
  "${bazel[@]}" "$@"
}
