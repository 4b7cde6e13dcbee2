# shellcheck shell=bash disable=SC2034,SC2154 # sourced: its variables are those of whoever sources it
# The cache holds the newest two roots, so that going to and fro between two branches costs nothing, and whatever still
# serves a running Bazel. The rest goes, with the output bases that belong to it.

prune_cache() {
  local record kept=0 name folder
  local -A keep
  while read -r record; do
    if ((kept < 2)) || record_in_use "$record"; then
      ((++kept))
      while read -r name folder; do keep[$folder]=1; done < "$record"
    else
      rm -f "$record"
    fi
  done < <(ls -t "$thimble_cache"/ready/*)

  for folder in "$thimble_cache"/component/*; do
    [[ -n "${keep[$folder]:-}" ]] || drop_component "$folder"
  done
}

output_root_of() { printf '%s/bazel/%s' "$thimble_cache" "${1##*-}"; }

record_in_use() {
  local name folder pid_file
  while read -r name folder; do
    for pid_file in "$(output_root_of "$folder")"/*/server/server.pid.txt; do
      ! kill -0 "$(< "$pid_file")" 2> /dev/null || return 0
    done
  done < "$1"
  return 1
}

drop_component() {
  local folder="$1" output_root
  say "removing a superseded part of the cache: ${folder##*/}"
  if [[ "${folder##*/}" == debian-* ]]; then
    output_root="$(output_root_of "$folder")"
    if [[ -d "$output_root" ]]; then
      # Bazel makes its outputs read-only.
      chmod -R u+w "$output_root"
      rm -rf --one-file-system -- "$output_root"
    fi
  fi
  remove_tree "$folder"
}
