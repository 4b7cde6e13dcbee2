# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# `tools/bazel doctor`: prints the configuration and, for each problem, the command that fixes it. Changes nothing. Exits with
# status 1 if there is a problem.

print_doctor() {
  # shellcheck source=tools/distro/launch/namespaces.sh
  source "$thimble_distro/launch/namespaces.sh"
  # shellcheck source=tools/distro/launch/proxies.sh
  source "$thimble_distro/launch/proxies.sh"
  problems=0
  definition_key
  measure_cache
  describe_workspace
  describe_root
  describe_sandbox
  describe_caches
  describe_certificates
  describe_network
  describe_environment
  describe_engines
  if ((problems)); then
    printf '\nproblems found: %s (the lines with "!")\n' "$problems"
    exit 1
  fi
  printf '\nno problems found\n'
}

line() { printf '%-14s %s\n' "$1" "$2"; }

# problem SUBJECT MESSAGE COMMAND
problem() {
  ((++problems))
  printf '%-14s ! %s\n%18s%s\n' "$1" "$2" '' "$3"
}

# Sets `sizes` of the cache's directories, without those that the user cannot read. One pass, because it reads all of their entries.
measure_cache() {
  local size path
  declare -gA sizes=()
  while IFS=$'\t' read -r size path; do sizes[$path]="$size"; done < <(du --human-readable --max-depth=2 "$thimble_cache"/{component,bazel,disk,cargo} 2> /dev/null)
}

describe_workspace() {
  line workspace "$thimble_workspace"
  local system user engine
  system="$(sed --quiet 's/^PRETTY_NAME="\(.*\)"/\1/p' /etc/os-release 2> /dev/null || true)"
  user="$(id --user --name 2> /dev/null)" || user="$UID, without a name"
  engine="$(container_engine)"
  line machine "${system:-Linux}, $(nproc) CPUs, user $user${engine:+, in a container ($engine)}"
}

describe_root() {
  local ready="$thimble_cache/ready/$root_key" name size package version _ count=0
  if ! read_components "$ready"; then
    line 'build root' "$root_key, not built yet; the next Bazel command builds it, or:"
    printf '%18stools/bazel version\n' ''
    components=()
    return
  fi
  line 'build root' "$root_key, for remote caches and workers build-root=$build_root"
  for name in "${!components[@]}"; do
    case "${components[$name]}" in
      "$image_components"/*) size="in this image" ;;
      *) size="${sizes["${components[$name]}"]:-}" ;;
    esac
    printf '%-14s   %-12s %s (%s)\n' '' "$name" "${components[$name]}" "$size"
  done
  while read -r package version _; do
    case "$package" in
      bazel-bootstrap | bazel-rules-rust | rustc) printf '%-14s   %s %s (Debian)\n' '' "$package" "$version" ;;
    esac
  done < "${components[debian]}/usr/share/thimble/packages"
  while read -r package; do printf '%-14s   %s (PyPI)\n' '' "${package%% *}"; done < <(grep '^ziglang' "$thimble_distro/root/zig.requirements.txt")
  count="$(count_changed_packages)"
  if ((count)); then
    problem packages "$count Debian packages differ from packages.lock; if the build succeeds with them, update the lock:" \
      "cp ${components[debian]@Q}/usr/share/thimble/packages ${thimble_distro@Q}/root/packages.lock"
  fi
}

# Prints the number of packages whose version differs from packages.lock.
count_changed_packages() {
  join -j 1 -a 1 -a 2 -e none -o '0 1.2 2.2' <(sort "$thimble_distro/root/packages.lock") <(sort "${components[debian]}/usr/share/thimble/packages") |
    awk '$2 != $3 { ++count } END { print count + 0 }'
}

describe_sandbox() {
  local package absent stage=debian
  # An image of the root contains the Debian stage.
  [[ ! -d "$image_components" ]] || stage=
  # shellcheck source=tools/distro/setup/packages.sh
  source "$thimble_distro/setup/packages.sh"
  find_absent_packages $stage
  for package in "${absent[@]}"; do
    if ((EUID == 0)); then
      line "$package" "not installed; the next Bazel command installs it if it is required"
    else
      problem "$package" "not installed; install it:" "sudo apt install $package"
    fi
  done
  command -v bwrap > /dev/null || return 0
  if describe_check sandbox check_namespaces; then
    line sandbox "user, mount, pid, ipc and network namespaces are available"
  fi
  [[ -d "$image_components" ]] || describe_check 'user mapping' check_user_mapping || true
}

# describe_check NAME COMMAND: prints the error of a failing check, with the commands that fix it.
describe_check() {
  local output
  output="$("$2" 2>&1)" && return
  output="$(sed --quiet '/^thimble: error: /,$p' <<< "$output")"
  problem "$1" "$(sed --quiet '1s/^thimble: error: //p' <<< "$output")" "$(sed '1d; s/^ *//' <<< "$output")"
  return 1
}

describe_caches() {
  local name base path workspace free required=100
  line cache "$thimble_cache (XDG_CACHE_HOME: ${caller[XDG_CACHE_HOME]:-not set})"
  if [[ ! -d "$thimble_cache" ]]; then return; fi
  for path in "$thimble_cache" "$thimble_cache"/*; do
    [[ -e "$path" && ! -w "$path" ]] || continue
    problem cache "cannot write $path; fix its owner:" "sudo chown --recursive $UID ${thimble_cache@Q}"
    break
  done
  for name in component bazel disk cargo; do
    [[ ! -d "$thimble_cache/$name" ]] || printf '%-14s   %-12s %s\n' '' "$name" "${sizes["$thimble_cache/$name"]:-}"
  done
  for base in "$thimble_cache"/bazel/*/*; do
    [[ -r "$base/DO_NOT_BUILD_HERE" ]] || continue
    workspace="$(< "$base/DO_NOT_BUILD_HERE")"
    [[ -d "$workspace" ]] || workspace+=' (removed; pruned within a day)'
    printf '%-14s   outputs of %s (%s)\n' '' "$workspace" "${sizes["$base"]:-}"
  done
  free="$(df --output=avail --block-size=1M "$thimble_cache" | tail -n 1)"
  ((${#components[@]})) || required="$(required_disk)"
  if ((free < required)); then
    # Bazel cannot clean on a full disk.
    problem disk "$((free)) MB free in the cache's file system, $required MB required; free disk space, such as that of the disk cache:" "rm -rf ${thimble_cache@Q}/disk/*/*"
  else
    line disk "$((free / 1024)) GB free"
  fi
}

# Prints the MB of disk that set-up requires.
required_disk() (
  for name in machine stage; do
    # shellcheck source=/dev/null
    source "$thimble_distro/setup/$name.sh"
  done
  shopt -s globstar nullglob
  plan_stages
  find_missing_stages
  find_required_disk
  printf '%s' "$required"
)

describe_certificates() {
  local count name
  count="$(find -L "$machine_certificates" -type f -name '*.crt' 2> /dev/null | wc -l)"
  line certificates "Debian's, and $count of this machine ($machine_certificates)"
  for name in SSL_CERT_FILE SSL_CERT_DIR REQUESTS_CA_BUNDLE CURL_CA_BUNDLE PIP_CERT; do
    case "${caller[$name]:-}" in
      '' | /etc/ssl/certs | /etc/ssl/certs/ca-certificates.crt) ;;
      *) problem certificates "$name=${caller[$name]} is not passed on; install its certificates on the machine:" "sudo cp CERTIFICATE.crt $machine_certificates/" ;;
    esac
  done
}

describe_network() {
  local name value resolver
  for name in http_proxy https_proxy all_proxy no_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY; do
    [[ -n "${caller[$name]:-}" ]] || continue
    value="$(hide_credentials "${caller[$name]}")"
    if [[ "${name,,}" == no_proxy ]] || proxy_responds "${caller[$name]}"; then
      line proxy "$name=$value"
    else
      problem proxy "cannot connect to $name=$value; correct or unset it:" "unset $name"
    fi
  done
  resolver="$(realpath --canonicalize-missing /etc/resolv.conf)"
  [[ -r /etc/resolv.conf ]] || problem names "/etc/resolv.conf not found, so host names cannot be resolved; restore it:" "sudo systemctl restart systemd-resolved"
  if [[ "$resolver" == /usr/* || "$(readlink /etc/resolv.conf)" == /etc/* ]]; then
    problem names "/etc/resolv.conf is a link to $resolver, which the build root does not have, so host names cannot be resolved in it; replace the link by a copy:" \
      "sudo cp --remove-destination $resolver /etc/resolv.conf"
  fi
}

describe_environment() {
  local name dropped=()
  for name in "${!caller[@]}"; do
    case "$name" in
      CARGO_REGISTRIES_*_TOKEN) ;;
      CARGO_* | RUSTC* | RUSTFLAGS | RUSTUP_* | PIP_* | CC | CXX | CFLAGS | CXXFLAGS | LDFLAGS | PYTHONPATH | JAVA_HOME | LD_PRELOAD | LD_LIBRARY_PATH) dropped+=("$name") ;;
    esac
  done
  ((!${#dropped[@]})) || line environment "not passed on: $(printf '%s\n' "${dropped[@]}" | sort | xargs) (to pass variables on: THIMBLE_PASS_ENV)"
}

# engine_responds ENGINE: with the caller's variables for engines, because `bazel run` starts :load with these.
engine_responds() (
  export_caller_variables 'DOCKER_*' 'CONTAINER_*' 'CONTAINERD_*' XDG_RUNTIME_DIR
  timeout 10 "$1" info > /dev/null 2>&1
)

describe_engines() {
  local engine found=
  for engine in docker podman nerdctl; do
    command -v "$engine" > /dev/null || continue
    found=1
    if engine_responds "$engine"; then
      line engine "$engine, $(command -v "$engine")"
    else
      line engine "$engine, $(command -v "$engine"), not responding; required only by :load"
    fi
  done
  [[ -n "$found" ]] || line engine "none of docker, podman and nerdctl found; required only by :load"
}
