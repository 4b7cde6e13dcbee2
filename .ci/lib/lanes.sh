# shellcheck shell=bash disable=SC2154 # sourced: uses `run`, the run's directory
# Lanes: functions in process groups of their own, which end with this run and all that they started. Sourced by .ci/run.

lanes=()

# run_lanes FUNCTION...: side by side, until each has ended.
run_lanes() {
  local function lane
  for function in "$@"; do
    set -o monitor
    lane "$function" &
    set +o monitor
    lanes+=("$!")
  done
  # A lane that dies leaves steps without a result.
  for lane in "${lanes[@]}"; do wait "$lane" || true; done
  lanes=()
}

# On TERM a lane waits for its step, which has got the signal as well and cleans up.
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
