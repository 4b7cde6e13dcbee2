# shellcheck shell=bash disable=SC2034 # sourced: its variable is for the script
# What scripts keep from one run to the next, in the launcher's cache. Sourced.

readonly kept="${XDG_CACHE_HOME:-$HOME/.cache}/thimble/e2e"
