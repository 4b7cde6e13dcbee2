# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh, whose variables it uses
# A second workspace, which scripts may change, with a Bazel server and an output base of its own. Sourced.
# .ci/run hands one directory to its scripts, which run one after the other in it; a script run alone makes its own.

readonly copy="${THIMBLE_E2E_COPY:-$scratch/copy}"

# in_copy COMMAND [ARG...]: Bazel in the copy.
in_copy() { (cd "$copy" && tools/bazel "$@"); }

# open_copy: the copy becomes what the working tree is.
open_copy() {
  [[ -n "${THIMBLE_E2E_COPY:-}" ]] || at_end close_copy
  mkdir -p "$copy"
  find "$copy" -mindepth 1 -maxdepth 1 ! -name 'bazel-*' -exec rm -rf {} +
  copy_workspace "$copy"
  # What cargo leaves, which must not change a build.
  mkdir "$copy/target"
  # Flags of the user's, as in the working tree.
  [[ ! -e "$workspace/user.bazelrc" ]] || cp "$workspace/user.bazelrc" "$copy"
}

close_copy() { in_copy clean --expunge > "$scratch/expunge.log" 2>&1; }
