#!/bin/bash
# BuildGrid's job queue. Recreated at each start of the cluster, because its clients no longer exist.
set -o errexit -o nounset -o pipefail

readonly data=/state/postgresql
releases=(/usr/lib/postgresql/*/bin)
readonly programs="${releases[0]}"

[[ -e "$data/ready" ]] || {
  rm -rf "$data"
  "$programs/initdb" --pgdata "$data" --auth trust --username thimble --no-sync --locale C --encoding UTF8 > /dev/null
  touch "$data/ready"
}
# fsync protects only against a crash of the machine, after which the queue is recreated.
exec "$programs/postgres" -D "$data" -k /state -c listen_addresses= -c fsync=off -c max_connections=200
