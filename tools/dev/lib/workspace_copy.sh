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
  find "$copy" -mindepth 1 -maxdepth 1 ! -name 'bazel-*' -exec rm -rf {} +
  copy_workspace "$copy"
  # cargo's output directory must not change a build.
  mkdir "$copy/target"
  # Ignored by git, but part of the caller's configuration.
  [[ ! -e "$workspace/user.bazelrc" ]] || cp "$workspace/user.bazelrc" "$copy"
}

close_copy() { in_copy clean --expunge > "$scratch/expunge.log" 2>&1; }

# hello_image_digest: the digest of hello's image in the copy, as built by //services/hello:image.digest.
hello_image_digest() { printf '%s' "$(< "$copy/bazel-bin/services/hello/hello.image.json.sha256")"; }
