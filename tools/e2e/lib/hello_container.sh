# shellcheck shell=bash disable=SC2034,SC2154 # sourced after e2e.sh and docker.sh, whose variables it uses; sets variables for the script
# A production container of hello, run as the README has it: nothing writable, no capability, no way to gain one. Sourced.

readonly container=thimble-e2e-$$

# load_hello: prints what the load prints.
load_hello() {
  (cd "$workspace" && tools/bazel run //services/hello:load 2> "$scratch/load.log") || check_failed "bazel run //services/hello:load" "$(tail -n 20 "$scratch/load.log")"
}

# start_hello_container: of hello:latest, as $container; sets `address`, HOST:PORT, and `pid`, on the machine.
start_hello_container() {
  docker run --detach --name "$container" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
    --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 hello:latest > /dev/null
  at_end remove_hello_container
  await "hello's start" 30 hello_is_listening
  address="$(docker logs "$container" 2>&1 | sed -n '/"listening"/s/.*"address":"\([^"]*\)".*/\1/p')"
  pid="$(docker inspect --format '{{.State.Pid}}' "$container")"
}

remove_hello_container() { docker rm --force "$container" > /dev/null; }

hello_is_listening() { docker logs "$container" 2>&1 | grep --quiet '"listening"'; }
