# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, whose variables it uses
# Debian's docker-registry, on a free port of the loopback, with everything in the scratch directory. Sourced.

declare -A registry_address

# start_registry NAME [LINE...]: sets registry_address[NAME]; the LINEs follow `http:` in its configuration. Its log is $scratch/NAME.log.
start_registry() {
  local name="$1" line log="$scratch/$1.log"
  shift
  {
    printf 'version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: %s\n' "$scratch/$name.data"
    printf 'http:\n  addr: 127.0.0.1:0\n'
    for line in "$@"; do printf '%s\n' "$line"; done
  } > "$scratch/$name.yml"
  docker-registry serve "$scratch/$name.yml" > "$log" 2>&1 &
  at_end stop_registry "$!"
  await "the start of the registry $name" 30 grep --quiet 'listening on' "$log"
  registry_address[$name]="$(sed -n 's/.*listening on \(127\.0\.0\.1:[0-9]*\).*/\1/p' "$log" | head -n 1)"
  [[ -n "${registry_address[$name]}" ]] || check_failed "the registry says its address" "$(< "$log")"
}

stop_registry() {
  kill "$1"
  wait "$1"
}

# uploads NAME FIRST_LINE: the requests since that line of the log that brought it blobs.
uploads() { tail -n "+$2" "$scratch/$1.log" | grep --extended-regexp '"(POST|PUT|PATCH) /v2/[^ ]*/blobs/' || true; }
