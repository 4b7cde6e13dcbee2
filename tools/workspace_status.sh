#!/usr/bin/env bash
# What a stamped build says of itself, as lines of a key and a value, for --workspace_status_command, which runs in the workspace.
#     STABLE_GIT_COMMIT   the commit, with -dirty if the tree is not that commit's
#     STABLE_GIT_VERSION  the last tag v<version>, and how far the commit is from it; absent without such a tag
# https://bazel.build/docs/user-manual#workspace-status
set -o errexit -o nounset -o pipefail

fail() {
  printf 'error: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

main() {
  local commit changes version dirty=""
  # tools/bazel has asked on the machine, with its configuration of git.
  if [[ -n "${THIMBLE_WORKSPACE_STATUS:-}" ]]; then
    printf '%s\n' "$THIMBLE_WORKSPACE_STATUS"
    return
  fi
  command -v git > /dev/null ||
    fail "a release is stamped with its commit, and there is no git here; install it, and name the config on the command line:" \
      "    tools/bazel build --config=release //services/hello:image"
  commit="$(git rev-parse --verify --quiet HEAD)" ||
    fail "a release is stamped with its commit, and $PWD has none; commit first:" "    git init && git add --all && git commit"
  # Files that git doesn't know are built too.
  changes="$(git status --porcelain)"
  [[ -z "$changes" ]] || dirty="-dirty"
  printf 'STABLE_GIT_COMMIT %s%s\n' "$commit" "$dirty"
  if version="$(git describe --tags --match 'v[0-9]*' 2> /dev/null)"; then
    printf 'STABLE_GIT_VERSION %s%s\n' "${version#v}" "$dirty"
  fi
}

main
