#!/usr/bin/env bash
# A fake container engine: `load --input FILE`.
set -o errexit -o nounset -o pipefail

[[ "$1 $2" == "load --input" ]] || exit 64
cat "$3" > "$LOADED"
