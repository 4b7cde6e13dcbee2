# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# A copy of the workspace that scripts may change, with a separate Bazel server and output base. Sourced.
# Scripts of one .ci/run share the directory in THIMBLE_E2E_COPY, one after the other; a script run alone creates its own.

readonly copy="${THIMBLE_E2E_COPY:-$scratch/copy}"

# in_copy COMMAND [ARG...]: runs Bazel in the copy.
in_copy() { (cd "$copy" && tools/bazel "$@"); }

# open_copy: resets the copy to the working tree.
open_copy() {
  [[ -n "${THIMBLE_E2E_COPY:-}" ]] || on_exit close_copy
  mkdir -p "$copy"
  restore_copy
  # cargo's output directory must not change a build.
  mkdir "$copy/target"
  # Ignored by git, but part of the caller's configuration.
  [[ ! -e "$workspace/user.bazelrc" ]] || cp "$workspace/user.bazelrc" "$copy"
}

# restore_copy [DIRECTORY]: resets the files of the copy, or of one directory.
restore_copy() {
  local from="$workspace/${1:-}" to="$copy/${1:-}"
  (cd "$from" && git ls-files -z --cached --others --exclude-standard) | python3 "$workspace/tools/dev/lib/sync_files.py" "$from" "$to"
}

close_copy() { in_copy clean --expunge > "$scratch/expunge.log" 2>&1; }

# hello_image_digest: the digest of hello's image in the copy, as built by //services/hello:image.digest.
hello_image_digest() { printf '%s' "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"; }
