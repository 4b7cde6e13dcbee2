# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# Debian's docker-registry on a free loopback port, with configuration, data and log in the scratch directory. Sourced.

declare -A registry_address

# start_registry NAME [LINE...]: sets registry_address[NAME]. Each LINE is appended to the `http:` section. The log is $scratch/NAME.log.
start_registry() {
  local name="$1" line log="$scratch/$1.log"
  shift
  {
    printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\n' "$scratch/$name.data"
    printf 'http:\n  addr: 127.0.0.1:0\n'
    for line in "$@"; do printf '%s\n' "$line"; done
  } > "$scratch/$name.yml"
  docker-registry serve "$scratch/$name.yml" > "$log" 2>&1 &
  on_exit stop_process "$!"
  await "the registry $name starts" 30 grep --quiet 'listening on' "$log"
  registry_address[$name]="$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$log" | head -n 1)"
  [[ -n "${registry_address[$name]}" ]] || check_failed "the registry $name logs its address" "$(< "$log")"
}

# stop_process PID
stop_process() {
  kill "$1"
  wait "$1"
}

# blob_uploads NAME FIRST_LINE: the upload requests in the log from that line on.
blob_uploads() { tail -n "+$2" "$scratch/$1.log" | grep --extended-regexp '"(POST|PUT|PATCH) /v2/[^ ]*/blobs/' || true; }

# write_credentials KEY NAME:PASSWORD: replaces $DOCKER_CONFIG/config.json.
write_credentials() { printf '{"auths": {"%s": {"auth": "%s"}}}\n' "$1" "$(printf '%s' "$2" | base64)" > "$DOCKER_CONFIG/config.json"; }
