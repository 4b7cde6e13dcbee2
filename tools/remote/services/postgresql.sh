#!/bin/bash
# BuildGrid's queue of jobs. It is made anew at each start of the cluster: a job without its client is of no use.
set -o errexit -o nounset -o pipefail

readonly data=/state/postgresql
releases=(/usr/lib/postgresql/*/bin)
readonly programs="${releases[0]}"

[[ -e "$data/ready" ]] || {
  rm -rf "$data"
  "$programs/initdb" --pgdata "$data" --auth trust --username thimble --no-sync --locale C --encoding UTF8 > /dev/null
  touch "$data/ready"
}
# Processes may be killed, but a crash of the machine ends the cluster anyway: fsync is not needed.
exec "$programs/postgres" -D "$data" -k /state -c listen_addresses= -c fsync=off -c max_connections=200
