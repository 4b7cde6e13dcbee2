# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# Built files, copied out of bazel-out because the next build may overwrite them. Sourced.
# .ci/run builds the targets of all scripts with one command for each platform and sets THIMBLE_E2E_BUILT; a script run alone builds its own.

readonly built="${THIMBLE_E2E_BUILT:-$scratch/built}"
readonly default_platform=linux_x86_64_musl

# need_built PLATFORM TARGET...: provides the outputs and runfiles in $built/PLATFORM/<package>. Written on one line, which .ci/prepare reads.
need_built() {
  [[ -n "${THIMBLE_E2E_BUILT:-}" ]] || build_and_copy "$workspace" "$@"
}

# build_and_copy TREE PLATFORM TARGET...
build_and_copy() {
  local tree="$1" platform="$2" flags=() file
  shift 2
  # A changed flag costs an analysis, so the default platform needs none, and the workspace has that of .ci/run.
  [[ "$platform" == "$default_platform" ]] || flags=("--platforms=//platforms:$platform")
  [[ "$tree" != "$workspace" ]] || flags+=(--config=ci)
  (
    cd "$tree"
    tools/bazel build --color=no --curses=no "${flags[@]}" "$@" &&
      tools/bazel cquery --color=no --curses=no "${flags[@]}" --output=files "config(set($*), target)" > "$scratch/outputs"
  ) > "$scratch/build.log" 2>&1 || check_failed "bazel build ${flags[*]} $*" "$(tail -n 20 "$scratch/build.log")"
  while read -r file; do copy_output "$tree" "$file" "$built/$platform"; done < "$scratch/outputs"
}

# copy_output TREE FILE DIRECTORY: copies the file, FILE.*, and its runfiles, with the manifest adapted to the copies.
copy_output() {
  local from="$1/$2" path="${2#bazel-out/*/bin/}" to
  to="$3/${path%/*}"
  mkdir -p "$to"
  cp --recursive --dereference --force "$from" "$from".* "$to" 2> /dev/null || cp --recursive --dereference --force "$from" "$to"
  chmod -R u+w "$to"
  to+="/${path##*/}"
  [[ ! -f "$to.runfiles_manifest" ]] || sed -i "s|^\([^ ]*\) .*|\1 $to.runfiles/\1|" "$to.runfiles_manifest"
}
