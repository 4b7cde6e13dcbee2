#!/bin/bash
# BuildGrid: execution, action cache and CAS for Bazel.
set -o errexit -o nounset -o pipefail

# supervisord starts all services concurrently.
until pg_isready --quiet --host /state --username thimble && [[ -S /state/store.sock ]]; do sleep 0.1; done
export HOME=/tmp
/opt/buildgrid/bin/bgd migrate apply 'postgresql+psycopg://thimble@/postgres?host=/state'
exec /opt/buildgrid/bin/bgd server start /state/buildgrid.yml
