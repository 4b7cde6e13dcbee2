#!/usr/bin/env bash
# Prints the workspace status of a stamped build, for --workspace_status_command.
#     STABLE_GIT_COMMIT   the commit, with the suffix -dirty if the working tree differs from it
#     STABLE_GIT_VERSION  `git describe` for tags v<version>, without the v; absent without such a tag
# https://bazel.build/docs/user-manual#workspace-status
set -o errexit -o nounset -o pipefail

fail() {
  printf 'error: %s\n%s\n' "$1" "$2" >&2
  exit 1
}

main() {
  local commit changes version dirty="" error
  # tools/bazel computes the status on the host, with the git configuration of the user.
  if [[ -n "${THIMBLE_WORKSPACE_STATUS:-}" ]]; then
    printf '%s\n' "$THIMBLE_WORKSPACE_STATUS"
    return
  fi
  command -v git > /dev/null ||
    fail "cannot stamp a release: git not found on PATH; install it, and pass the config on the command line:" \
      "    tools/bazel build --config=release //services/hello:image"
  # Git rejects repositories of other users.
  error="$(LC_ALL=C git rev-parse --git-dir 2>&1 > /dev/null)" || [[ "$error" == *'not a git repository'* ]] ||
    fail "cannot stamp a release: git cannot read the repository of \"$PWD\":" "$error"
  commit="$(git rev-parse --verify --quiet HEAD 2> /dev/null)" ||
    fail "cannot stamp a release: no commit in \"$PWD\": commit first:" "    git init && git add --all && git commit"
  # Untracked files are part of the build.
  changes="$(git status --porcelain)"
  [[ -z "$changes" ]] || dirty="-dirty"
  printf 'STABLE_GIT_COMMIT %s%s\n' "$commit" "$dirty"
  if version="$(git describe --tags --match 'v[0-9]*' 2> /dev/null)"; then
    printf 'STABLE_GIT_VERSION %s%s\n' "${version#v}" "$dirty"
  elif [[ "$(git rev-parse --is-shallow-repository)" == true ]]; then
    printf 'warning: this clone is shallow and contains no tag v<version>, so the stamp has no version; fetch the history:\n    git fetch --unshallow --tags\n' >&2
  fi
}

main
