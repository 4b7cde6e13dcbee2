# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# A separate Docker engine, with its socket and data in the scratch directory. Needs root and docker. Sourced.

# The dockerd, by default the machine's, and further options.
engine_program=dockerd
engine_options=()

# start_engine [STORAGE_DRIVER]: one engine at a time.
start_engine() {
  engine_directory="$(mktemp --directory "$scratch/engine.XXX")"
  export DOCKER_HOST="unix://$engine_directory/docker.sock"
  # No bridge and no iptables: the machine's network stays unchanged.
  "$engine_program" --host "$DOCKER_HOST" --data-root "$engine_directory/data" --exec-root "$engine_directory/exec" \
    --pidfile "$engine_directory/pid" --storage-driver "${1:-vfs}" --iptables=false --bridge=none "${engine_options[@]}" > "$engine_directory/log" 2>&1 &
  engine=$!
  on_exit stop_engine
  await "the Docker engine starts" 60 docker version
}

stop_engine() {
  [[ -n "$engine" ]] || return 0
  kill "$engine"
  wait "$engine" || true
  engine=
  # The engine leaves the network namespace of --network host mounted.
  umount "$engine_directory"/exec/netns/* 2> /dev/null || true
}
