#!/bin/bash
# Runs one action at a time in the build root, in a sandbox without network. Usage: worker.sh NUMBER
set -o errexit -o nounset -o pipefail

until (exec 3<> "/dev/tcp/${THIMBLE_ADDRESS/://}") 2> /dev/null && [[ -S "/state/worker-$1.sock" ]]; do sleep 0.1; done
sandbox=(
  # Staging by FUSE would need a mount namespace shared with the cache, and /dev/fuse.
  --staging-mode=copy-or-link
  --ro-bind-mount=/build-root/usr:/usr --ro-bind-mount=/build-root/usr/bin:/bin --ro-bind-mount=/build-root/usr/lib:/lib
  --ro-bind-mount=/build-root/usr/lib64:/lib64 --ro-bind-mount=/build-root/etc:/etc
  # passwd and group of the build root are symlinks into this directory.
  --ro-bind-mount=/etc:/thimble/machine/etc
)
PATH="/services/bin:$PATH"
exec buildbox-worker --bots-remote="http://$THIMBLE_ADDRESS" --cas-remote="unix:/state/worker-$1.sock" --buildbox-run=/usr/bin/buildbox-run-bubblewrap \
  "${sandbox[@]/#/--runner-arg=}" --platform OSFamily=linux --platform ISA=x86-64 --platform "build-root=$THIMBLE_BUILD_ROOT" \
  --concurrent-jobs=1 --max-wait-time=2 "worker-$1"
