# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# A separate Docker engine, with its socket and data in the scratch directory. Needs root and docker.io. Sourced.

# start_engine [STORAGE_DRIVER]
start_engine() {
  export DOCKER_HOST="unix://$scratch/docker.sock"
  # No bridge and no iptables: the machine's network stays unchanged.
  /usr/sbin/dockerd --host "$DOCKER_HOST" --data-root "$scratch/data" --exec-root "$scratch/exec" --pidfile "$scratch/docker.pid" \
    --storage-driver "${1:-vfs}" --iptables=false --bridge=none > "$scratch/dockerd.log" 2>&1 &
  engine=$!
  on_exit stop_engine
  await "the Docker engine starts" 60 docker version
}

stop_engine() {
  kill "$engine"
  wait "$engine"
  # The engine leaves the network namespace of --network host mounted.
  umount "$scratch"/exec/netns/* 2> /dev/null
}
