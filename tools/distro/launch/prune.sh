# shellcheck shell=bash disable=SC2034,SC2154 # sourced
# Prunes the cache and reports the size of the removed files:
#   roots               unused for a week, except the two used last (of each, two variants) and those with a running Bazel server; their
#                       outputs and disk caches are removed too
#   components          that belong to no kept root, a day after their completion: another checkout's set-up writes its record last
#   output bases        of workspaces that do not exist, unused for a day: a container that shares the cache may have the workspace
#   cargo's downloads   if larger than 1 GB; crate_universe repeats the downloads that it needs

readonly day=86400
readonly kept_roots=2 kept_seconds=$((7 * day)) max_cargo_kb=$((1024 * 1024))

# Prunes once a day, unless a set-up or another pruning holds the lock.
prune_when_due() {
  local last=0
  [[ ! -r "$thimble_cache/pruned" ]] || read -r last < "$thimble_cache/pruned" || true
  [[ "$last" =~ ^[0-9]+$ ]] || last=0
  # A time in the future was written while the clock was wrong.
  ((EPOCHSECONDS - last > day || last > EPOCHSECONDS)) || return 0
  (
    # Another user may own the lock, as after sudo with the caller's HOME.
    { exec {lock}> "$thimble_cache/lock"; } 2> /dev/null || exit
    # Without flock's message on a file system that has no locks.
    flock --nonblock "$lock" 2> /dev/null && prune_cache "$lock"
  ) || true
}

# prune_cache LOCK: closes LOCK, the descriptor of the cache's lock, before deleting, which takes minutes on some disks.
prune_cache() {
  local lock="$1"
  mkdir -p "$thimble_cache/trash" || return
  prune_roots
  prune_output_bases
  prune_cargo
  # Leftovers of killed runs.
  find "$thimble_cache" -maxdepth 1 \( -name 'run.*' -o -name 'probe.*' -o -name 'crates.*' \) -mtime +1 -exec mv --target-directory="$thimble_cache/trash" -- {} +
  printf '%s\n' "$EPOCHSECONDS" 2> /dev/null > "$thimble_cache/pruned" || true
  exec {lock}>&-
  empty_trash
}

# Also deletes leftovers of a killed run.
empty_trash() {
  local path pruned_kb=0
  for path in "$thimble_cache"/trash/*; do
    [[ -e "$path" ]] || continue
    ((pruned_kb += $(kb_of "$path"))) || true
    remove_tree "$path"
  done
  ((pruned_kb < 1024)) || say "pruned $((pruned_kb / 1024)) MB from the cache in $thimble_cache"
}

# A record lists the components of one root. Roots with the same Debian component may differ in others: for each kept Debian component
# the two roots used last are kept, so that switching between two branches rebuilds nothing. Components are compared by name, because the
# cache may have other paths: through a symbolic link, or in a container.
prune_roots() {
  local used record path debian components name
  local -A kept_debian=() kept_component_sets=() kept=()
  while read -r used record; do
    components="$(sed 's, .*/, ,' "$thimble_cache/ready/$record" | sort)"
    debian="$(sed --quiet 's/^debian .*-//p' <<< "$components")"
    if [[ -n "${kept_component_sets[$components]:-}" ]]; then continue; fi
    if ((EPOCHSECONDS - used > kept_seconds)) && {
      [[ -z "${kept_debian[$debian]:-}" ]] && ((${#kept_debian[@]} >= kept_roots)) && ! server_runs_over "$debian" ||
        ((${kept_debian[$debian]:-0} >= kept_roots))
    }; then
      rm -f "$thimble_cache/ready/$record" "$thimble_cache/used/$record"
      continue
    fi
    kept_component_sets[$components]=1
    kept_debian[$debian]=$((${kept_debian[$debian]:-0} + 1))
    while read -r _ name; do kept[$name]=1; done <<< "$components"
  done < <(records_by_use)
  for path in "$thimble_cache"/component/*; do
    if [[ ! -d "$path" || -n "${kept[${path##*/}]:-}" ]]; then continue; fi
    # Renaming a completed component sets the time of its last change.
    ((EPOCHSECONDS - $(stat --format=%Z "$path") < day)) || prune_path "$path"
  done
  # The cache of a container may be shared with machines and other images, whose roots have no record in it.
  [[ ! -d "$image_components" ]] || return 0
  for path in "$thimble_cache"/bazel/* "$thimble_cache"/disk/*; do
    [[ ! -d "$path" || -n "${kept_debian[${path##*/}]:-}" ]] || prune_path "$path"
  done
}

# Prints the time of last use, in seconds since 1970, and the name of each record, most recently used first.
records_by_use() {
  local file name
  for file in "$thimble_cache"/ready/*; do
    name="${file##*/}"
    [[ -f "$file" && "$name" != *.new ]] || continue
    if [[ -e "$thimble_cache/used/$name" ]]; then file="$thimble_cache/used/$name"; fi
    printf '%s %s\n' "$(stat --format=%Y "$file")" "$name"
  done | sort --numeric-sort --reverse
}

# server_runs_over DEBIAN_KEY
server_runs_over() {
  local base
  for base in "$thimble_cache/bazel/$1"/*; do
    ! server_runs_in "$base" || return 0
  done
  return 1
}

server_runs_in() { [[ -r "$1/server/server.pid.txt" ]] && kill -0 "$(< "$1/server/server.pid.txt")" 2> /dev/null; }

prune_output_bases() {
  local base workspace
  for base in "$thimble_cache"/bazel/*/*; do
    if [[ ! -r "$base/DO_NOT_BUILD_HERE" ]] || server_runs_in "$base"; then continue; fi
    workspace="$(< "$base/DO_NOT_BUILD_HERE")"
    [[ -d "$workspace" || -n "$(find "$base" -maxdepth 1 -name command.log -mtime -1)" ]] || prune_path "$base"
  done
}

prune_cargo() {
  local registry="$thimble_cache/cargo/registry"
  [[ -d "$registry" ]] || return 0
  (($(kb_of "$registry") > max_cargo_kb)) || return 0
  prune_path "$registry/src"
  prune_path "$registry/cache"
  # A CI image restores its links to archives only without these markers.
  rm -f -- "$thimble_cache"/bazel/*/crates.*
}

kb_of() { du --summarize --block-size=1K "$1" 2> /dev/null | cut -f1 || true; }

prune_path() {
  [[ -d "$1" ]] || return 0
  chmod u+w -- "$1" 2> /dev/null || true
  # On a full disk nothing can be created.
  mv --no-target-directory -- "$1" "$thimble_cache/trash/$$.$EPOCHREALTIME"
}

# Bazel and cargo make directories read-only, and a user's mmdebstrap leaves files of subordinate users.
remove_tree() {
  chmod --recursive u+w -- "$1" 2> /dev/null || true
  rm --recursive --force --one-file-system -- "$1" 2> /dev/null ||
    unshare --user --map-root-user --map-auto rm --recursive --force --one-file-system -- "$1"
}
