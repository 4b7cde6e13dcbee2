# shellcheck shell=bash disable=SC2034,SC2154 # sourced after harness.sh; its users read `address`
# mirror_server.py on the loopback, and a credential helper for it. Sourced.

# start_mirror DIRECTORY TOKEN: serves the directory until the script ends. Sets `address`, HOST:PORT.
start_mirror() {
  python3 "$workspace/tools/dev/e2e/lib/mirror_server.py" "$1" "$2" > "$scratch/mirror.log" 2>&1 &
  mirror_process=$!
  on_exit stop_mirror
  await "the mirror starts" 10 grep --quiet '^listening on ' "$scratch/mirror.log"
  address="$(sed --quiet 's/^listening on //p' "$scratch/mirror.log")"
}

stop_mirror() { kill "$mirror_process" 2> /dev/null; }

# write_credential_helper FILE TOKEN
write_credential_helper() {
  # shellcheck disable=SC2016 # the helper's shell expands it
  printf '#!/bin/sh\nprintf %s\n' "'{\"headers\": {\"Authorization\": [\"Bearer $2\"]}}'" > "$1"
  chmod +x "$1"
}
