#!/bin/bash
# The store of blobs and action results, which persists between starts of the cluster and evicts the least recently used entries.
set -o errexit -o nounset -o pipefail

rm -f /state/store.sock
exec buildbox-casd --bind=unix:/state/store.sock --quota-high="$THIMBLE_STORE_SIZE" --log-level=warning /state/store
