#!/usr/bin/env bash
# tools/affected finds what Bazel's own action graph finds: after 200 seeded changes, and after a change of flags; it says what
# is wrong with a call.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"

readonly cells="$workspace/tools/e2e/lib/synthetic_packages.py"
readonly count=200 seed="${SEED:-21}"

git_copy() { git -C "$copy" -c user.name=e2e -c user.email=e2e@example.com "$@"; }

# affected ARG...: below gen, in a subdirectory. Sets `status`, `output` and `messages`.
affected() {
  status=0
  output="$(cd "$copy/gen" && ../tools/affected "$@" 2> "$scratch/messages")" || status=$?
  messages="$(< "$scratch/messages")"
}

look() {
  in_copy aquery --output=jsonproto --noinclude_commandline '//gen/...' > "$scratch/$1.json" 2> "$scratch/aquery.log" ||
    check_failed "bazel aquery" "$(tail -n 12 "$scratch/aquery.log")"
}

# refuses WHAT STATUS MESSAGE COMMAND ARG...
refuses() {
  local what="$1" expected="$2" message="$3" command="$4"
  shift 4
  affected "$@"
  check_equal "$what: the exit code" "$expected" "$status"
  check_contains "$what: the message" "$message" "$messages"
  check_contains "$what: the command" $'\n'"    $command" "$messages"
}

refuses_bad_calls() {
  rm -rf "$copy/.git"
  mkdir -p "$copy/gen"
  refuses "no checkout" 1 "is not in a git checkout" "git clone" HEAD
  git_copy init --quiet
  python3 "$cells" create "$copy" "$count"
  git_copy add --all
  git_copy commit --quiet --message base
  refuses "an unknown revision" 1 'unknown revision "nowhere"' "git log --oneline --all" nowhere
  git_copy rev-parse HEAD > "$copy/.git/shallow"
  refuses "a shallow clone" 1 'unknown revision "HEAD~1": this clone is shallow' "git fetch --unshallow" 'HEAD~1'
  rm "$copy/.git/shallow"
  refuses "an unknown kind" 64 'invalid --kind "tests": expected test, image or all' "tools/affected --help" --kind=tests HEAD
  refuses "an unknown option" 64 "invalid option '--fast'" "tools/affected --help" --fast HEAD
  refuses "no revision" 64 "missing argument BASE" "tools/affected --help"
}

finds_every_change() {
  look before
  affected HEAD //gen/...
  check_equal "without a change nothing is affected" "0 " "$status $output"
  python3 "$cells" change "$copy" "$count" "$seed" > "$scratch/changes"
  look after
  python3 "$cells" expect "$scratch/before.json" "$scratch/after.json" "$copy" HEAD > "$scratch/expected"
  affected HEAD //gen/...
  check_equal "the changes: the exit code" 0 "$status"
  [[ "$messages" != *worktree* ]] || check_failed "a second call uses the stored graph" "$messages"
  printf '%s\n' "$output" | sort > "$scratch/affected"
  # Aliases and file groups have no actions.
  check_equal "$count changes with seed $seed: targets that were missed" "" "$(comm -23 <(sort "$scratch/expected") "$scratch/affected")"
  check_equal "$count changes with seed $seed: targets listed for nothing" "" \
    "$(comm -13 <(sort "$scratch/expected") "$scratch/affected" | grep --extended-regexp --invert-match ':(data|second_alias)$' || true)"
  printf '%s targets affected\n' "$(wc -l < "$scratch/expected")"
  git_copy add --all
  git_copy stash push --quiet
}

finds_flags_and_the_root() {
  printf 'build --action_env=PROBE=1\n' >> "$copy/.bazelrc"
  affected HEAD //gen/...
  check_equal "a flag of all actions" "$((6 * count))" "$(grep --count . <<< "$output")"
  git_copy checkout --quiet -- .bazelrc
  printf "# changed\n" >> "$copy/tools/distro/README"
  affected HEAD //gen/c000/...
  check_contains "another build root" "every target is affected" "$messages"
  check_equal "another build root: the targets" 6 "$(grep --count . <<< "$output")"
}

# What later scripts must not find: the repository, and what tools/affected keeps for a workspace by its path.
forget_copy() {
  local name
  name="$(printf '%s' "$copy" | sha256sum)"
  rm -rf "$copy/.git" "${XDG_CACHE_HOME:-$HOME/.cache}/thimble/affected/${name:0:16}"
}

main() {
  need_packages git python3
  open_copy
  on_exit forget_copy
  refuses_bad_calls
  finds_every_change
  finds_flags_and_the_root
  report_checks
}

main
