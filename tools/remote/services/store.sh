#!/bin/bash
# The store of blobs and of action results, kept from one start of the cluster to the next. It evicts what was not used for longest.
set -o errexit -o nounset -o pipefail

rm -f /state/store.sock
exec buildbox-casd --bind=unix:/state/store.sock --quota-high="$THIMBLE_STORE_SIZE" --log-level=warning /state/store
