#!/usr/bin/env bash
# Verifies that tools/affected lists the targets whose action keys or inputs differ, after 200 seeded changes and after a change of flags,
# and that invalid calls exit with a message and a command. Needs root, git and python3. SEED selects other changes.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly packages="$workspace/tools/dev/e2e/lib/synthetic_packages.py"
readonly count=200 seed="${SEED:-21}"

git_copy() { git -C "$copy" -c user.name=e2e -c user.email=e2e@example.com "$@"; }

# affected ARG...: runs in the subdirectory gen. Sets `status`, `output` and `messages`.
affected() {
  status=0
  output="$(cd "$copy/gen" && ../tools/affected "$@" 2> "$scratch/messages")" || status=$?
  messages="$(< "$scratch/messages")"
}

# cache_directory: that of tools/affected for the copy.
cache_directory() {
  local name
  name="$(printf '%s' "$copy" | sha256sum)"
  printf '%s' "${XDG_CACHE_HOME:-$HOME/.cache}/thimble/affected/${name:0:16}"
}

save_action_graph() {
  in_copy aquery --output=jsonproto --noinclude_commandline '//gen/...' > "$scratch/$1.json" 2> "$scratch/aquery.log" ||
    check_failed "bazel aquery" "$(tail -n 12 "$scratch/aquery.log")"
}

# check_rejected LABEL STATUS MESSAGE COMMAND ARG...
check_rejected() {
  local label="$1" expected="$2" message="$3" command="$4"
  shift 4
  affected "$@"
  check_equal "$label: the exit code" "$expected" "$status"
  check_contains "$label: the message" "$message" "$messages"
  check_contains "$label: the command" $'\n'"    $command" "$messages"
}

rejects_invalid_calls() {
  rm -rf "$copy/.git"
  mkdir -p "$copy/gen"
  check_rejected "no checkout" 1 "is not in a git checkout" "git clone" HEAD
  git_copy init --quiet
  python3 "$packages" create "$copy" "$count"
  mkdir "$copy/gen/bare"
  touch "$copy/gen/bare/Cargo.toml"
  git_copy add --all
  git_copy commit --quiet --message base
  check_rejected "an unknown revision" 1 'unknown revision "nowhere"' "git log --oneline --all" nowhere
  git_copy rev-parse HEAD > "$copy/.git/shallow"
  check_rejected "a shallow clone" 1 'unknown revision "HEAD~1": this clone is shallow' "git fetch --unshallow" 'HEAD~1'
  rm "$copy/.git/shallow"
  chown 65534 "$copy" "$copy/.git"
  affected HEAD
  check_contains "a checkout of another user: git's message" "git config --global --add safe.directory" "$messages"
  chown 0 "$copy" "$copy/.git"
  check_rejected "an unknown kind" 64 'invalid --kind "tests": expected test, image or all' "tools/affected --help" --kind=tests HEAD
  check_rejected "an unknown option" 64 "invalid option '--fast'" "tools/affected --help" --fast HEAD
  check_rejected "no revision" 64 "missing argument BASE" "tools/affected --help"
}

rejects_invalid_package() {
  printf 'x(\n' >> "$copy/gen/c000/BUILD.bazel"
  affected HEAD //gen/c000/...
  check_equal "a package that does not load: the exit code" 1 "$status"
  check_contains "a package that does not load: the message" "gen/c000/BUILD.bazel" "$messages"
  git_copy checkout --quiet -- gen/c000
}

lists_changed_targets() {
  save_action_graph before
  printf '#!/bin/sh\nexit 1\n' > "$copy/.git/hooks/post-checkout"
  chmod +x "$copy/.git/hooks/post-checkout"
  affected HEAD //gen/...
  rm "$copy/.git/hooks/post-checkout"
  check_equal "no change affects no target" "0 " "$status $output"
  python3 "$packages" change "$copy" "$count" "$seed" > "$scratch/changes"
  save_action_graph after
  python3 "$packages" expect "$scratch/before.json" "$scratch/after.json" "$copy" HEAD > "$scratch/expected"
  affected HEAD //gen/...
  check_equal "the changes: the exit code" 0 "$status"
  [[ "$messages" != *worktree* ]] || check_failed "the second call uses the stored hashes" "$messages"
  printf '%s\n' "$output" | sort > "$scratch/affected"
  # Aliases and file groups have no actions.
  check_equal "$count changes with seed $seed: missed targets" "" "$(comm -23 <(sort "$scratch/expected") "$scratch/affected")"
  check_equal "$count changes with seed $seed: unaffected targets listed" "" \
    "$(comm -13 <(sort "$scratch/expected") "$scratch/affected" | grep --extended-regexp --invert-match ':(data|second_alias)$' || true)"
  printf '%s targets affected\n' "$(wc -l < "$scratch/expected")"
  git_copy add --all
  git_copy stash push --quiet
  affected HEAD //gen/...
  check_equal "reverted changes affect no target" "0 " "$status $output"
}

# The first call with a directory uses a worktree.
keeps_other_worktrees() {
  git_copy worktree add --quiet --detach "$scratch/other"
  mv "$scratch/other" "$scratch/moved"
  # A killed run.
  git_copy worktree add --quiet --detach --lock "$(cache_directory)/tree"
  rm "$(cache_directory)/tree/.git"
  affected HEAD //gen/c000/...
  check_contains "another worktree: the call uses a worktree" "in a worktree" "$messages"
  mv "$scratch/moved" "$scratch/other"
  check_equal "another worktree, missing during the call, is kept" "" "$(git -C "$scratch/other" status --porcelain 2>&1)"
  git_copy worktree remove "$scratch/other"
}

lists_packages_of_one_revision() {
  affected HEAD //gen/bare/...
  check_equal "a directory without a package in both revisions" "0 " "$status $output"
  printf 'genrule(name = "new", outs = ["new.out"], cmd = "echo > $@")\n' > "$copy/gen/bare/BUILD.bazel"
  affected HEAD //gen/bare/...
  check_equal "a directory's first package" "0 //gen/bare:new" "$status $output"
  rm "$copy/gen/bare/BUILD.bazel"
  rm -r "$copy/gen/c000"
  affected HEAD //gen/c000/...
  check_equal "a removed directory" "0 " "$status $output"
  git_copy checkout --quiet -- gen/c000
  affected HEAD //gen/typo/...
  check_equal "an unknown directory: the exit code" 1 "$status"
  check_contains "an unknown directory: the message" "no targets found beneath 'gen/typo'" "$messages"
}

# The .bzl files of rules must not load what Cargo.toml files define.
lists_targets_of_manifests() {
  affected HEAD //services/...
  check_equal "services: no change affects no target" "0 " "$status $output"
  sed -i 's/^description = .*/description = "changed"/' "$copy/services/links/Cargo.toml"
  affected HEAD //services/...
  check_contains "a service's description affects its image" $'\n//services/links:image\n' $'\n'"$output"$'\n'
  check_equal "a service's description affects no target of hello" "" "$(grep '^//services/hello' <<< "$output" || true)"
  git_copy checkout --quiet -- services/links
}

analyzes_outdated_lock() {
  sed -i 's/^version.workspace = true/version = "0.2.0"/' "$copy/tools/dev/load/Cargo.toml"
  git_copy commit --quiet --all --message outdated
  git_copy checkout --quiet HEAD~ -- tools/dev/load
  affected --config=ci HEAD //gen/c001/...
  check_equal "an outdated Cargo.lock of the revision with --config=ci" "0 " "$status $output"
  git_copy reset --quiet --hard HEAD~
}

lists_targets_of_flags_and_build_root() {
  printf 'build --action_env=PROBE=1\n' >> "$copy/.bazelrc"
  affected HEAD //gen/...
  check_equal "a changed flag affects all targets" "$((6 * count))" "$(grep --count . <<< "$output")"
  git_copy checkout --quiet -- .bazelrc
  printf "# changed\n" >> "$copy/tools/distro/README"
  affected HEAD //gen/c000/...
  check_contains "a changed build root: the message" "every target is affected" "$messages"
  check_equal "a changed build root: the targets" 6 "$(grep --count . <<< "$output")"
  rm "$copy/tools/distro/README"
}

lists_targets_of_bazel_version() {
  local PATH="$scratch/bazelisk:$PATH"
  mkdir "$scratch/bazelisk"
  printf '#!/bin/sh\nexec tools/bazel "$@"\n' > "$scratch/bazelisk/bazelisk"
  chmod +x "$scratch/bazelisk/bazelisk"
  printf '0.0.0\n' > "$copy/.bazelversion"
  affected HEAD //gen/c000/...
  check_contains "another version of Bazel: the message" ".bazelversion, which defines the version of Bazel, differs: every target is affected" "$messages"
  check_equal "another version of Bazel: the targets" 6 "$(grep --count . <<< "$output")"
  git_copy checkout --quiet -- .bazelversion
}

omits_manual_targets() {
  mkdir "$copy/gen/manual"
  printf 'genrule(name = "manual", outs = ["manual.out"], cmd = "echo > $@", tags = ["manual"])\n' > "$copy/gen/manual/BUILD.bazel"
  affected HEAD //gen/manual/...
  check_equal "a manual target is not listed" "0 " "$status $output"
}

builds_program_if_sources_changed() {
  local PATH="$scratch/bin:$PATH"
  mkdir "$scratch/bin"
  printf '#!/bin/sh\necho "$@"\nexit 36\n' > "$scratch/bin/bazelisk"
  chmod +x "$scratch/bin/bazelisk"
  touch "$copy/tools/graph-diff/src/lib.rs"
  affected --help
  check_equal "a changed source: bazel run" 36 "$status"
  affected --config=ci --config dev HEAD
  check_contains "a changed source: the configs of bazel run" " --config=ci --config=dev //tools/graph-diff" "$output"
  find "$copy/tools/graph-diff" "$copy/Cargo.lock" -exec touch --date=@0 {} +
  affected --help
  check_equal "unchanged sources: no bazel run" 0 "$status"
}

# Removes the repository and the hashes stored for the copy's path, which later scripts must not see.
forget_copy() { rm -rf "$copy/.git" "$(cache_directory)"; }

main() {
  need_packages git python3
  open_copy
  on_exit forget_copy
  rejects_invalid_calls
  rejects_invalid_package
  lists_changed_targets
  keeps_other_worktrees
  lists_packages_of_one_revision
  lists_targets_of_manifests
  analyzes_outdated_lock
  lists_targets_of_flags_and_build_root
  lists_targets_of_bazel_version
  omits_manual_targets
  builds_program_if_sources_changed
  report_checks
}

main
