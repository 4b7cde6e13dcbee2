#!/usr/bin/env bash
# Stands in for a container engine: `load --input FILE`.
set -o errexit -o nounset -o pipefail

[[ "$1 $2" == "load --input" ]] || exit 64
cat "$3" > "$LOADED"
