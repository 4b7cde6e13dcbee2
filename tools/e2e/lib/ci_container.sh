# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh and docker.sh; `checkout` is the script's
# Containers of the CI image, each with a checkout of its own user's. Sourced.

# The least that Bazel's sandbox needs: docs/containers.md
readonly container_flags=(
  --security-opt "seccomp=$workspace/platforms/ci/seccomp.json" --security-opt apparmor=unconfined --security-opt systempaths=unconfined
  --security-opt no-new-privileges --cap-drop ALL
)

# start_container NAME [FLAG...]: with the workspace as it is, at /src.
start_container() {
  local name="$1" user=65532
  shift
  [[ " $* " != *' --user 0 '* ]] || user=0
  rm -rf "$checkout"
  copy_workspace "$checkout"
  chown -R "$user:$user" "$checkout"
  docker run --detach --name "$name" "${container_flags[@]}" "$@" --volume "$checkout:/src" --workdir /src thimble-ci:latest sleep infinity > /dev/null
  at_end remove_container "$name"
}

remove_container() { docker rm --force "$1" > /dev/null 2>&1; }

# in_container NAME COMMAND [ARG...]
in_container() { docker exec "$@"; }

# build_hello NAME: the log is $scratch/NAME.log.
build_hello() {
  in_container "$1" tools/bazel build --color=no --curses=no //services/hello:image > "$scratch/$1.log" 2>&1 ||
    check_failed "hello's image in the container $1" "$(tail -n 20 "$scratch/$1.log")"
}

# built_digest NAME PATH: of the layout below the container's bazel-bin, whose links lead nowhere outside.
built_digest() { in_container "$1" cat "bazel-bin/$2/index.json" | jq --raw-output '.manifests[0].digest'; }
