# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, whose variables it uses
# A Docker engine of the script's own, on a socket and in a directory of its own. Sourced.

# start_engine [STORAGE_DRIVER]
start_engine() {
  export DOCKER_HOST="unix://$scratch/docker.sock"
  # No bridge and no iptables: the engine leaves the machine's network as it is.
  /usr/sbin/dockerd --host "$DOCKER_HOST" --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/docker.pid" \
    --storage-driver "${1:-vfs}" --iptables=false --bridge=none > "$scratch/dockerd.log" 2>&1 &
  engine=$!
  at_end stop_engine
  await "the Docker engine's start" 60 docker version
}

stop_engine() {
  kill "$engine"
  wait "$engine"
  # The engine leaves the network namespace of --network host mounted.
  umount "$scratch"/exec/netns/* 2> /dev/null
}
