# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh and docker_engine.sh; sets variables for the script
# A production container of hello, read-only and without capabilities, as in README.md, and without new privileges. Sourced.

readonly container=thimble-e2e-$$

# load_hello: prints the output of //services/hello:load.
load_hello() {
  (cd "$workspace" && tools/bazel run //services/hello:load 2> "$scratch/load.log") || check_failed "bazel run //services/hello:load" "$(tail -n 20 "$scratch/load.log")"
}

# start_hello_container: runs hello:latest as $container; sets `address`, HOST:PORT, and `pid`, in the machine's pid namespace.
start_hello_container() {
  docker run --detach --name "$container" --network host --read-only --cap-drop ALL --security-opt no-new-privileges \
    --env HOST=127.0.0.1 --env PORT=0 --env OPS_PORT=0 hello:latest > /dev/null
  on_exit remove_hello_container
  await "hello starts" 30 hello_is_listening
  address="$(docker logs "$container" 2>&1 | sed -n '/"listening"/s/.*"address":"\([^"]*\)".*/\1/p')"
  pid="$(docker inspect --format '{{.State.Pid}}' "$container")"
}

remove_hello_container() { docker rm --force "$container" > /dev/null; }

hello_is_listening() { docker logs "$container" 2>&1 | grep --quiet '"listening"'; }
