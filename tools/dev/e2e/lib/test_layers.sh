# shellcheck shell=bash disable=SC2154 # sourced after harness.sh and workspace_copy.sh
# Layers created by the machine's tar, in the package //e2e of the copy. Sourced.

readonly layers_package="$copy/e2e"

# Two overlapping layers with directories, links, modes and names with spaces.
create_layers() {
  local first="$scratch/first" second="$scratch/second"
  mkdir -p "$layers_package" "$first/app/empty" "$second/app" "$second/etc"
  printf 'one\n' > "$first/app/replaced"
  printf 'set\n' > "$first/app/program"
  chmod 0750 "$first/app/program"
  ln "$first/app/program" "$first/app/hard"
  ln --symbolic program "$first/app/soft"
  seq 20000 > "$first/app/long"
  printf 'two\n' > "$second/app/replaced"
  printf 'a name of %s\n' words > "$second/etc/with spaces"
  local tar=(tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --create --file)
  "${tar[@]}" "$layers_package/plain.tar" --directory "$first" app
  "${tar[@]}" "$layers_package/second.tar" --directory "$second" app etc
  gzip --no-name < "$layers_package/second.tar" > "$layers_package/gzip.tar.gz"
  "${tar[@]}" "$layers_package/third.tar" --directory "$second" etc
  zstd --quiet "$layers_package/third.tar" -o "$layers_package/zstd.tar.zst"
}

# expected_tree DIRECTORY LAYER...: extracts the layers with the machine's tar.
expected_tree() {
  local directory="$1" layer
  shift
  mkdir -p "$directory"
  for layer in "$@"; do tar --extract --preserve-permissions --file "$layer" --directory "$directory"; done
}

# listing DIRECTORY: type, mode, target and digest of every entry. Modes of directories are omitted, because layers need not contain them.
listing() {
  (
    cd "$1" || exit
    find . -mindepth 1 -type d -printf 'd %p\n' -o -type l -printf 'l %p %l\n' -o -printf '%y %m %s %p\n'
    find . -type f -exec sha256sum {} +
  ) | sort
}
