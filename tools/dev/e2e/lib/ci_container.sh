# shellcheck shell=bash disable=SC2154 # sourced after harness.sh and docker_engine.sh; `checkout` is the script's
# Containers of the CI image, each with a checkout owned by its user. Sourced.

# The minimum for Bazel's sandbox: docs/containers.md
readonly container_flags=(
  --security-opt "seccomp=$workspace/platforms/ci/seccomp.json" --security-opt systempaths=unconfined --security-opt no-new-privileges
)

# start_container NAME USER [FLAG...]: mounts a copy of the working tree at /src, without network. Its first process reaps Bazel's server.
start_container() {
  local name="$1" user="$2"
  shift 2
  # Root keeps the engine's capabilities, one of which mapping a user namespace requires.
  ((user == 0)) || set -- --cap-drop ALL "$@"
  rm -rf "$checkout"
  copy_workspace "$checkout"
  chown -R "$user:$user" "$checkout"
  on_exit remove_container "$name"
  docker run --detach --name "$name" --user "$user:$user" --env CI=true "${container_flags[@]}" "$@" --network none --volume "$checkout:/src" --workdir /src \
    thimble-ci:latest bash -c 'sleep infinity & wait' > /dev/null
}

remove_container() { docker rm --force "$1" > /dev/null 2>&1; }

# in_container NAME COMMAND [ARG...]
in_container() { docker exec "$@"; }

# build_hello NAME: the log is $scratch/NAME.log.
build_hello() {
  in_container "$1" tools/bazel build --color=no --curses=no //services/hello:image > "$scratch/$1.log" 2>&1 ||
    check_failed "hello's image in the container $1" "$(tail -n 20 "$scratch/$1.log")"
}

# built_digest NAME PATH: reads a layout below bazel-bin inside the container, where its symlinks resolve.
built_digest() { in_container "$1" cat "bazel-bin/$2/index.json" | jq --raw-output '.manifests[0].digest'; }

# layout_of TARGET: its output in the command line's configuration; tests of the image use others.
layout_of() { tools/bazel cquery --color=no --curses=no --output=files "config($1, target)" 2> "$scratch/cquery.log"; }

# load_image TARGET
load_image() {
  local started=$SECONDS
  run_logged load "bazel run $1" tools/bazel run "$1"
  printf 'bazel run %s: %s s\n' "$1" "$((SECONDS - started))"
}

# action_counts LOG: Bazel's summary of the executed actions.
action_counts() { sed --quiet 's/^INFO: [0-9]* process[a-z]*: \(.*\)\.$/\1/p' "$1" | tail -n 1; }
