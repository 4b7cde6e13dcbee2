#!/usr/bin/env bash
# .ci/run itself, in a tree whose Bazel and scripts are stubs: it counts what passes and fails, and leaves nothing running.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

readonly tree="$scratch/tree" digest=sha256:0123

# A stub of a script runs $STUB_<its name>, and leaves a file when it starts and when it has cleaned up.
make_tree() {
  local script
  mkdir -p "$tree"/tools/{e2e/lib,lint}
  cp -r "$workspace/.ci" "$tree"
  cp "$workspace"/tools/e2e/lib/*.sh "$tree/tools/e2e/lib"
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
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
name="${0##*/}"
name="${name%.sh}"
at_end touch "$STUB_RECORD/$name.cleaned"
printf '%s\n' "$$" > "$STUB_RECORD/$name.started"
behavior="STUB_${name//-/_}"
eval "${!behavior:-}"
STUB
  for script in "$workspace"/tools/e2e/*.sh; do cp "$scratch/stub.sh" "$tree/tools/e2e/${script##*/}"; done
  printf '#!/bin/sh\n' > "$tree/tools/lint/check.sh"
  chmod +x "$tree/tools/bazel" "$tree/tools/lint/check.sh" "$tree"/tools/e2e/*.sh
  git -C "$tree" init --quiet
  name_count="$(find "$tree/tools/e2e" -maxdepth 1 -name '*.sh' | wc -l)"
}

# ci [VARIABLE=VALUE...]: with `arguments`; sets `status` and `output`.
arguments=()
ci() {
  status=0
  record="$(mktemp --directory "$scratch/record.XXXX")"
  output="$(env STUB_RECORD="$record" STUB_DIGEST="$digest" "$@" "$tree/.ci/run" "${arguments[@]}" 2>&1)" || status=$?
}

# check_last_lines WHAT LINE...
check_last_lines() {
  local what="$1"
  shift
  check_equal "$what" "$(printf '%s\n' "$@")" "$(tail -n $# <<< "$output")"
}

# The steps besides scripts: packages, build, built, lint, built-others; and two targets of each of two test steps.
everything_passes() {
  ci
  check_last_lines "the last lines when everything passes" "hello: $digest" "$((name_count + 5 + 4)) passed, 0 failed"
  check_equal "the exit code when everything passes" 0 "$status"
  check_equal "each script runs once" "$name_count" "$(find "$record" -name '*.started' | wc -l)"
}

something_fails() {
  ci STUB_stamp='printf "the reason\n"; false' STUB_test='//a:c_test   FAILED in 1s'
  check_equal "the last line when a script and two test targets fail" "$((name_count - 1 + 5 + 4)) passed, 3 failed" "$(tail -n 1 <<< "$output")"
  check_equal "the exit code when something fails" 1 "$status"
  check_contains "the log of a script that fails" $'\n    the reason\n' "$output"
}

# One build, and two targets of each of two test steps.
only_tests() {
  arguments=(--tests)
  ci
  check_last_lines "--tests: the last lines when everything passes" "hello: $digest" "5 passed, 0 failed"
  check_equal "--tests: the exit code when everything passes" 0 "$status"
  check_equal "--tests: no script runs" 0 "$(find "$record" -type f | wc -l)"
  ci STUB_test='//a:c_test   FAILED in 1s'
  check_last_lines "--tests: the last lines when two test targets fail" "hello: $digest" "5 passed, 2 failed"
  check_equal "--tests: the exit code when two test targets fail" 1 "$status"
  ci STUB_build='printf "the reason\n"; exit 1'
  check_last_lines "--tests: no digest when the build fails" "" "4 passed, 1 failed"
  check_contains "--tests: the log of a build that fails" $'\n    the reason\n' "$output"
  arguments=()
}

unknown_argument() {
  arguments=(--test)
  ci
  check_equal "the exit code for an unknown argument" 64 "$status"
  check_equal "accepted arguments are printed" 'error: unknown arguments "--test": expected none, --full or --tests' "$output"
  arguments=()
}

two_steps_share_a_name() {
  cp "$scratch/stub.sh" "$tree/tools/e2e/lint.sh"
  ci
  rm "$tree/tools/e2e/lint.sh"
  check_equal "the exit code when two steps share a name" 70 "$status"
  check_equal "the name is printed" 'error: two steps named "lint": rename the script in tools/e2e' "$output"
}

# shellcheck disable=SC2016 # the stub expands it
a_lane_dies() {
  ci STUB_services='kill -KILL "$PPID"'
  check_contains "a step whose lane died is named" $'\nservices               -  FAILED\n' "$output"
  check_equal "the exit code when a lane dies" 1 "$status"
}

end_run() { kill -TERM "$1" 2> /dev/null; }

is_terminated() {
  local run file
  record="$(mktemp --directory "$scratch/record.XXXX")"
  STUB_RECORD="$record" STUB_docker='sleep infinity' STUB_services='sleep infinity' "$tree/.ci/run" > "$scratch/terminated.log" 2>&1 &
  run=$!
  at_end end_run "$run"
  await "both lanes' first scripts" 60 test -s "$record/docker.started" -a -s "$record/services.started"
  kill -TERM "$run"
  status=0
  wait "$run" || status=$?
  check_equal "the exit code when it is terminated" 130 "$status"
  for file in "$record"/*.started; do
    [[ -e "${file%.started}.cleaned" ]] || check_failed "a terminated script cleans up" "${file##*/}"
    ! kill -0 "$(< "$file")" 2> /dev/null || check_failed "a terminated script has ended" "${file##*/}"
  done
  passed "terminated scripts have cleaned up and ended"
}

main() {
  need_packages git
  unset THIMBLE_E2E_BUILT THIMBLE_E2E_COPY
  make_tree
  everything_passes
  something_fails
  only_tests
  unknown_argument
  two_steps_share_a_name
  a_lane_dies
  is_terminated
  printf '%s checks passed\n' "$checks_passed"
}

main
