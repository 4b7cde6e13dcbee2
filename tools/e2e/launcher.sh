#!/usr/bin/env bash
# The launcher, once the root is there: it changes nothing of what is said to Bazel or by it.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"

readonly copy="$scratch/work space"
readonly bazel="$copy/tools/bazel"

steps_aside_for_bazelisk() {
  cat > "$scratch/real" <<'REAL'
#!/usr/bin/env bash
printf '<%s>' "$@"
exit 37
REAL
  chmod +x "$scratch/real"
  local output status=0
  output="$(BAZEL_REAL="$scratch/real" "$bazel" build '//a b' '' -- '*')" || status=$?
  check_equal "under bazelisk, the real Bazel's arguments" '<build><//a b><><--><*>' "$output"
  check_equal "under bazelisk, the real Bazel's exit code" 37 "$status"
}

# A copy of this workspace, at a path with a space, and in it a program that says how it was started.
make_probe() {
  copy_workspace "$copy"
  mkdir -p "$copy/probe/below"
  cd "$copy/probe"
  cat > BUILD.bazel <<'BUILD'
sh_binary(name = "probe", srcs = ["probe.sh"])
sh_test(name = "probe_test", srcs = ["probe_test.sh"])
genrule(name = "sandbox", outs = ["network"], cmd = "cat /proc/net/dev > $@")
genrule(name = "broken", outs = ["never"], cmd = "exit 1")
sh_binary(name = "never_starts", srcs = ["never"])
genrule(name = "slow", outs = ["slow.out"], cmd = "sleep 61")
BUILD
  cat > probe.sh <<'PROBE'
#!/bin/sh
printf 'working=%s\n' "$BUILD_WORKING_DIRECTORY"
printf 'argument=<%s>\n' "$@"
printf 'machine=%s\n' "$(cat /etc/debian_version)"
cat
exit 42
PROBE
  printf '#!/bin/sh\necho "test argument=<$1>"\n' > probe_test.sh
  chmod +x probe.sh probe_test.sh
}

passes_everything_through() {
  local status=0 output
  cd "$copy/probe/below"
  output="$(printf 'from standard input' | "$bazel" run //probe:probe -- 'two words' '' '*' 2> "$scratch/run.log")" || status=$?
  check_equal "bazel run's exit code" 42 "$status"
  check_contains "the working directory" "working=$copy/probe/below" "$output"
  check_contains "an argument of two words" 'argument=<two words>' "$output"
  check_contains "an empty argument" 'argument=<>' "$output"
  check_contains "an argument that a shell would expand" 'argument=<*>' "$output"
  check_contains "bazel run starts on the machine" "machine=$(< /etc/debian_version)" "$output"
  check_contains "standard input" 'from standard input' "$output"

  output="$("$bazel" run //probe:probe_test -- 'two words' 2> "$scratch/run.log")" || check_failed "bazel run of a test" "$(< "$scratch/run.log")"
  check_contains "bazel run of a test" 'test argument=<two words>' "$output"

  status=0
  "$bazel" build //probe:broken > "$scratch/broken.log" 2>&1 || status=$?
  check_equal "a failed build's exit code" 1 "$status"
  status=0
  "$bazel" run //probe:never_starts > "$scratch/broken.log" 2>&1 || status=$?
  check_equal "bazel run of what doesn't build" 1 "$status"
  status=0
  "$bazel" build --no_such_flag > "$scratch/flag.log" 2>&1 || status=$?
  check_equal "a wrong flag's exit code" 2 "$status"
  status=0
  "$bazel" > "$scratch/none.log" 2>&1 || status=$?
  check_equal "no command at all: Bazel's help" 0 "$status"
}

builds_in_the_sandbox() {
  cd "$copy/probe"
  "$bazel" build //probe:sandbox > "$scratch/sandbox.log" 2>&1 || check_failed "the sandboxed build" "$(< "$scratch/sandbox.log")"
  check_contains "linux-sandbox did it" "1 linux-sandbox" "$(< "$scratch/sandbox.log")"
  # A sandbox without a network has a loopback and nothing else.
  check_equal "no network in an action" "lo" "$(sed -n 's/^ *\([^:]*\):.*/\1/p' ../bazel-bin/probe/network | xargs)"
}

stops_on_ctrl_c() {
  cd "$copy/probe"
  env --default-signal=INT setsid "$bazel" build //probe:slow > "$scratch/slow.log" 2>&1 &
  local launcher=$! status=0
  await "the slow action's start" 60 pgrep --full 'sleep 61'
  kill -INT -- "-$launcher"
  wait "$launcher" || status=$?
  check_equal "Ctrl-C's exit code is Bazel's own" 8 "$status"
  check_contains "Bazel says that it was interrupted" "build interrupted" "$(< "$scratch/slow.log")"
}

stop_bazel() { (cd "$copy" && "$bazel" clean --expunge); }

main() {
  make_probe
  steps_aside_for_bazelisk
  at_end stop_bazel
  passes_everything_through
  builds_in_the_sandbox
  stops_on_ctrl_c
  printf '%s checks passed\n' "$checks_passed"
}

main
