#!/bin/bash
# The local blob cache of a worker. Usage: worker-cache.sh NUMBER
set -o errexit -o nounset -o pipefail

until (exec 3<> "/dev/tcp/${THIMBLE_ADDRESS/://}") 2> /dev/null; do sleep 0.1; done
rm -f "/state/worker-$1.sock"
exec buildbox-casd --cas-remote="http://$THIMBLE_ADDRESS" --bind="unix:/state/worker-$1.sock" \
  --quota-high="$THIMBLE_WORKER_CACHE_SIZE" --log-level=warning "/state/worker-$1"
