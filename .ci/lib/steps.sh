# shellcheck shell=bash disable=SC2154 # sourced: uses `run`, the run's directory
# Steps: each writes a separate log, printed if it fails, and a line in $run/results. Sourced by .ci/run.

# step NAME COMMAND...: counts as one result.
step() {
  local name="$1" started="$SECONDS"
  shift
  printf '      %s\n' "$name"
  if "$@" > "$run/log/$name" 2>&1 < /dev/null; then
    record "$name" "$((SECONDS - started))" 1 0
  else
    record "$name" "$((SECONDS - started))" 0 1
  fi
}

# test_step NAME PATTERN...: counts each target by its line in Bazel's summary, and a failed run without a failed target as one failure.
test_step() {
  local name="$1" started="$SECONDS" status=0 good bad
  shift
  printf '      %s\n' "$name"
  tools/bazel test --config=ci "$@" > "$run/log/$name" 2>&1 < /dev/null || status=$?
  good="$(count_targets "$name" '(\(cached\) )?PASSED')"
  bad="$(count_targets "$name" '(\(cached\) )?(FAILED|TIMEOUT|FLAKY|NO STATUS|INCOMPLETE)')"
  if ((bad == 0)) && ((status != 0 || good == 0)); then bad=1; fi
  record "$name" "$((SECONDS - started))" "$good" "$bad"
}

count_targets() { grep --count --extended-regexp "^(//|@@?)[^ ]+ +$2" "$run/log/$1" || true; }

# record NAME SECONDS|cached PASSED FAILED
record() {
  local duration="after $2 s"
  [[ "$2" != cached ]] || duration=cached
  {
    flock 9
    printf '%s\n' "$*" >> "$run/results"
    if (($4)); then
      printf 'FAILED %s, after %s s:\n' "$1" "$2"
      sed 's/^/    /' "$run/log/$1"
    else
      printf 'ok    %s, %s\n' "$1" "$duration"
    fi
  } 9> "$run/lock"
}

# claim NAME: succeeds for the first lane that calls it.
claim() { mkdir "$run/claimed/$1" 2> /dev/null; }

# summarize NAME...: prints each planned step, the image's digest if it was built, and the counts. A step without a result counts as failed.
summarize() {
  local name result seconds good bad passed=0 failed=0
  printf '\n%-16s seconds\n' step
  for name in "$@"; do
    result="$(grep "^$name " "$run/results" || true)"
    read -r seconds good bad <<< "${result#* }" || true
    [[ -n "$result" ]] || read -r seconds good bad <<< "- 0 1"
    ((passed += good, failed += bad)) || true
    printf '%-16s %7s%s\n' "$name" "$seconds" "$( ((bad == 0)) || printf '  FAILED')"
  done
  printf '%-16s %7s\n\n' all "$SECONDS"
  [[ ! -e "$run/digest" ]] || printf 'hello: %s\n' "$(< "$run/digest")"
  printf '%s passed, %s failed\n' "$passed" "$failed"
  ((failed == 0))
}
