#!/usr/bin/env bash
# Verifies .ci/run in a tree whose Bazel and scripts are stubs: its counts, exit codes and messages, and that a terminated run leaves no
# process. Verifies functions of tools/dev/lib/harness.sh in that tree, too. Needs root and git; takes seconds.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"

readonly tree="$scratch/tree" digest=sha256:0123

# The stub of a script evaluates $STUB_<script>, and creates a file when it starts and another when it has cleaned up.
create_tree() {
  local script
  mkdir -p "$tree"/{tools/{dev/{e2e,lint},distro},services/hello}
  cp -r "$workspace/.ci" "$tree"
  cp "$workspace/tools/help.sh" "$tree/tools"
  cp -r "$workspace/tools/dev/lib" "$tree/tools/dev"
  mkdir "$tree/tools/dev/e2e/lib"
  cp "$workspace"/tools/dev/e2e/lib/*.sh "$tree/tools/dev/e2e/lib"
  cat > "$tree/tools/bazel" <<'STUB'
#!/usr/bin/env bash
case "$*" in
  'build '*' //services/hello:image.digest')
    mkdir -p bazel-bin/services/hello
    eval "${STUB_build:-}"
    printf '%s\n' "$STUB_DIGEST" > bazel-bin/services/hello/hello.image.json.sha256
    ;;
esac
[[ "$*" != 'test '*//... ]] || printf '//a:a_test   PASSED in 1s\n//a:b_test   (cached) PASSED in 1s\n%s\n' "${STUB_test:-}"
STUB
  cat > "$scratch/stub.sh" <<'STUB'
#!/usr/bin/env bash
set -o errexit -o nounset -o pipefail
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
name="${0##*/}"
name="${name%.sh}"
on_exit touch "$STUB_RECORD/$name.cleaned"
printf '%s\n' "$$" > "$STUB_RECORD/$name.started"
behavior="STUB_${name//-/_}"
eval "${!behavior:-}"
STUB
  for script in "$workspace"/tools/dev/e2e/*.sh; do cp "$scratch/stub.sh" "$tree/tools/dev/e2e/${script##*/}"; done
  printf '#!/bin/sh\n' > "$tree/tools/dev/lint/check.sh"
  printf '#!/bin/sh\nprintf "packages of the build root\\n"\n' > "$tree/tools/distro/shell"
  chmod +x "$tree/tools/bazel" "$tree/tools/distro/shell" "$tree/tools/dev/lint/check.sh" "$tree"/tools/dev/e2e/*.sh
  git -C "$tree" init --quiet
  # In the index, but deleted.
  touch "$tree/deleted"
  git -C "$tree" add deleted
  rm "$tree/deleted"
  name_count="$(find "$tree/tools/dev/e2e" -maxdepth 1 -name '*.sh' | wc -l)"
}

# ci [VARIABLE=VALUE...]: runs .ci/run with `arguments`, and `cache` or a new one; sets `status` and `output`.
cache=
arguments=()
ci() {
  status=0
  record="$(mktemp --directory "$scratch/record.XXXX")"
  output="$(env XDG_CACHE_HOME="${cache:-$record/cache}" STUB_RECORD="$record" STUB_DIGEST="$digest" "$@" "$tree/.ci/run" "${arguments[@]}" 2>&1)" || status=$?
}

# stamp [VARIABLE=VALUE...]: runs a script without .ci/run; sets `status` and `output`.
stamp() {
  status=0
  record="$(mktemp --directory "$scratch/record.XXXX")"
  output="$(env STUB_RECORD="$record" "$@" "$tree/tools/dev/e2e/stamp.sh" 2>&1)" || status=$?
}

# check_last_lines LABEL LINE...
check_last_lines() {
  local label="$1"
  shift
  check_equal "$label" "$(printf '%s\n' "$@")" "$(tail -n $# <<< "$output")"
}

# The steps other than scripts: packages, build, built, lint, built-others; and two targets of each of two test steps.
checks_success() {
  ci
  check_last_lines "success: the last lines" "hello: $digest" "$((name_count + 5 + 4)) passed, 0 failed"
  check_equal "success: the exit code" 0 "$status"
  check_started "each script runs once" "$name_count"
}

checks_failures() {
  ci STUB_stamp='printf "the reason\n"; false' STUB_test='//a:c_test   FAILED in 1s'
  check_equal "failures of a script and two test targets: the last line" "$((name_count - 1 + 5 + 4)) passed, 3 failed" "$(tail -n 1 <<< "$output")"
  check_equal "failures: the exit code" 1 "$status"
  check_contains "failures: the log of the script" $'\n    the reason\n' "$output"
}

# One build, and two targets of each of two test steps.
checks_tests_option() {
  arguments=(--tests)
  ci
  check_last_lines "--tests: success: the last lines" "hello: $digest" "5 passed, 0 failed"
  check_equal "--tests: success: the exit code" 0 "$status"
  check_equal "--tests: no script runs" 0 "$(find "$record" -type f | wc -l)"
  ci STUB_test='//a:c_test   FAILED in 1s'
  check_last_lines "--tests: two failed test targets: the last lines" "hello: $digest" "5 passed, 2 failed"
  check_equal "--tests: two failed test targets: the exit code" 1 "$status"
  ci STUB_build='printf "the reason\n"; exit 1'
  check_last_lines "--tests: a failed build prints no digest" "" "4 passed, 1 failed"
  check_contains "--tests: the log of the failed build" $'\n    the reason\n' "$output"
  arguments=()
}

# check_started LABEL COUNT: the number of scripts that ran.
check_started() { check_equal "$1" "$2" "$(find "$record" -name '*.started' | wc -l)"; }

checks_cached_steps() {
  local cached file other_owner=(GIT_TEST_ASSUME_DIFFERENT_OWNER=1 GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_SYSTEM=/dev/null)
  cache="$scratch/cache"
  ci STUB_setup=false
  check_started "an empty cache: each script runs" "$name_count"
  ci
  cached="$(grep --count '^[^ ]* *cached$' <<< "$output")"
  ((cached > 0)) || check_failed "unchanged: steps are cached" "$output"
  check_contains "unchanged: the message of a cached step" $'\nok    launcher, cached\n' "$output"
  check_started "unchanged: the other scripts run" "$((name_count - cached))"
  check_equal "unchanged: cached steps count as passed" "$((name_count + 5 + 4)) passed, 0 failed" "$(tail -n 1 <<< "$output")"
  [[ -e "$record/setup.started" ]] || check_failed "a step that failed runs again"
  passed "a step that failed runs again"
  touch "$tree/services/hello/new.rs" "$tree/new.md"
  ci
  check_started "sources of a service and documentation: the same steps are cached" "$((name_count - cached - 1))"
  mkdir -p "$tree/services/hello/src"
  touch "$tree/services/hello/src/lib.rs"
  ci
  [[ -e "$record/pipeline.started" ]] || check_failed "a source with a breakpoint: its script runs" "$output"
  passed "a source with a breakpoint: its script runs"
  printf 'build --keep_going\n' > "$tree/user.bazelrc"
  ci
  check_started "user.bazelrc: each script runs" "$name_count"
  printf '\n' >> "$tree/tools/dev/e2e/setup.sh"
  ci
  check_started "another script: it runs in addition" "$((name_count - cached))"
  arguments=(--full)
  ci
  check_started "--full: each script runs" "$name_count"
  arguments=()
  touch "$tree/tools/new.sh"
  ci
  [[ -e "$record/setup.started" && ! -e "$record/cold-build.started" ]] || check_failed "a file of the workspace: its scripts run" "$output"
  passed "a file of the workspace: its scripts run"
  mkdir "$tree"/tools/{cargo,distro/launch}
  for file in MODULE.bazel extensions.bzl Cargo.toml services/hello/Cargo.toml tools/cargo/defs.bzl tools/distro/launch/enter.sh; do
    touch "$tree/$file"
    ci
    [[ -e "$record/cold-build.started" ]] || check_failed "$file: the cold build runs" "$output"
    passed "$file: the cold build runs"
  done
  # As in the repository of another user. The machine's configuration may trust all repositories.
  ci "${other_owner[@]}"
  ci "${other_owner[@]}"
  check_started "git fails: each script runs" "$name_count"
  cache=
}

checks_unknown_argument() {
  arguments=(--test)
  ci
  check_equal "an invalid argument: the exit code" 64 "$status"
  check_equal "an invalid argument: the message" 'error: invalid arguments "--test": expected none, --full or --tests' "$output"
  arguments=()
}

checks_duplicate_step_names() {
  cp "$scratch/stub.sh" "$tree/tools/dev/e2e/lint.sh"
  ci
  rm "$tree/tools/dev/e2e/lint.sh"
  check_equal "duplicate step names: the exit code" 70 "$status"
  check_equal "duplicate step names: the message" 'error: two steps named "lint": rename the script in tools/dev/e2e' "$output"
}

# shellcheck disable=SC2016 # the stub expands it
checks_killed_lane() {
  ci STUB_services='kill -KILL "$PPID"'
  check_contains "a killed lane: its step is reported as failed" $'\nservices               -  FAILED\n' "$output"
  check_equal "a killed lane: the exit code" 1 "$status"
}

# Stubs of a machine where apt would remove packages.
# shellcheck disable=SC2016 # expanded by the stub
checks_packages() {
  local stubs="$scratch/stubs"
  mkdir "$stubs"
  printf '#!/bin/sh\nexit 1\n' > "$stubs/dpkg-query"
  printf '#!/bin/sh\n' | tee "$stubs/dockerd" > "$stubs/runc"
  cat > "$stubs/apt-get" <<'STUB'
#!/bin/sh
touch "$STUB_RECORD/apt-get"
case "$*" in *--no-remove*) printf 'E: Packages need to be removed but remove is disabled.\n' >&2 && exit 100 ;; esac
STUB
  chmod +x "$stubs"/*
  stamp PATH="$stubs:$PATH" STUB_stamp='need_packages docker.io runc'
  check_equal "packages whose programs other packages contain: the exit code" 0 "$status"
  [[ ! -e "$record/apt-get" ]] || check_failed "packages whose programs other packages contain are not installed"
  passed "packages whose programs other packages contain are not installed"
  stamp PATH="$stubs:$PATH" STUB_stamp='need_packages jq'
  check_equal "a package that conflicts with an installed one: the exit code" 1 "$status"
  check_contains "a package that conflicts with an installed one: the message of apt" "remove is disabled" "$output"
}

# shellcheck disable=SC2016 # expanded by the stub
copies_workspace_with_other_repositories() {
  local path expected=''
  git init --quiet "$tree/nested"
  touch "$tree/nested/file"
  mkdir "$tree/submodule"
  git -C "$tree" update-index --add --cacheinfo "160000,$(git hash-object --stdin < /dev/null),submodule"
  stamp STUB_stamp='copy_workspace "$STUB_RECORD/copy"'
  check_equal "a copy of a workspace with a deleted file and other repositories: the exit code" 0 "$status"
  for path in .git nested submodule; do expected+="Only in $tree: $path"$'\n'; done
  check_equal "a copy of a workspace with a deleted file and other repositories" "${expected%$'\n'}" "$(diff --recursive "$tree" "$record/copy")"
}

# Git sets GIT_DIR for hooks and `git rebase --exec` in a linked worktree.
# shellcheck disable=SC2016 # expanded by the stubs
keeps_repository_of_the_caller() {
  local repository="$scratch/repository" before write='git init --quiet "$STUB_RECORD/new" && cd "$STUB_RECORD/new" && git config core.bare true &&
    git -c user.name=e2e -c user.email=e2e@localhost commit-tree -m new "$(git hash-object -t tree -w /dev/null)" | xargs git tag new'
  git init --quiet "$repository"
  before="$(describe_repository "$repository")"
  stamp GIT_DIR="$repository/.git" STUB_stamp="$write"
  check_equal "a script with GIT_DIR: the exit code" 0 "$status"
  check_equal "a script with GIT_DIR: the caller's repository" "$before" "$(describe_repository "$repository")"
  ci GIT_DIR="$repository/.git" STUB_build="($write)"
  check_equal ".ci/run with GIT_DIR: the exit code" 0 "$status"
  check_equal ".ci/run with GIT_DIR: the caller's repository" "$before" "$(describe_repository "$repository")"
}

describe_repository() { cat "$1/.git/config" "$1/.git/HEAD" && git -C "$1" for-each-ref; }

terminate_run() { kill -TERM "$1" 2> /dev/null; }

checks_termination() {
  local run file
  record="$(mktemp --directory "$scratch/record.XXXX")"
  XDG_CACHE_HOME="$record/cache" STUB_RECORD="$record" STUB_docker='sleep infinity' STUB_services='sleep infinity' "$tree/.ci/run" > "$scratch/terminated.log" 2>&1 &
  run=$!
  on_exit terminate_run "$run"
  await "both lanes start a script" 60 test -s "$record/docker.started" -a -s "$record/services.started"
  kill -TERM "$run"
  status=0
  wait "$run" || status=$?
  check_equal "termination: the exit code" 130 "$status"
  for file in "$record"/*.started; do
    [[ -e "${file%.started}.cleaned" ]] || check_failed "a terminated script has cleaned up" "${file##*/}"
    ! kill -0 "$(< "$file")" 2> /dev/null || check_failed "a terminated script has exited" "${file##*/}"
  done
  passed "terminated scripts have cleaned up and exited"
}

main() {
  need_packages git
  unset THIMBLE_E2E_BUILT THIMBLE_E2E_COPY THIMBLE_E2E_FULL
  create_tree
  checks_success
  checks_failures
  checks_tests_option
  checks_cached_steps
  checks_unknown_argument
  checks_duplicate_step_names
  checks_killed_lane
  checks_packages
  copies_workspace_with_other_repositories
  keeps_repository_of_the_caller
  checks_termination
  report_checks
}

main
