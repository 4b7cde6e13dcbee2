# shellcheck shell=bash disable=SC2154 # sourced: uses `run`, the run's directory
# Lanes: functions that run in separate process groups, so that an interrupted run can stop their processes. Sourced by .ci/run.

lanes=()

# run_lanes FUNCTION...: runs them in parallel and waits for all.
run_lanes() {
  local function lane
  for function in "$@"; do
    set -o monitor
    lane "$function" &
    set +o monitor
    lanes+=("$!")
  done
  # The steps of a lane that was killed have no result, which summarize counts as failed.
  for lane in "${lanes[@]}"; do wait "$lane" || true; done
  lanes=()
}

# On TERM a lane waits for its step, which received the signal too and cleans up.
lane() {
  trap 'exit 143' TERM
  "$1"
}

interrupt() {
  local lane
  trap '' INT TERM HUP
  printf '\ninterrupted: waiting for the steps to clean up\n' >&2
  for lane in "${lanes[@]}"; do kill -TERM -- "-$lane" 2> /dev/null || true; done
  wait
  exit 130
}
trap interrupt INT TERM HUP

clean_up() {
  [[ ! -e "$run/copy/tools/bazel" ]] || (cd "$run/copy" && tools/bazel clean --expunge) > /dev/null 2>&1 || true
  rm -rf "$run"
}
trap clean_up EXIT
