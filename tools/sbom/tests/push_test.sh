#!/usr/bin/env bash
# Tests the order, the flags and the errors of the pushes in push.sh.tpl, with launchers that only log their arguments.
set -o errexit -o nounset -o pipefail

readonly template="$1"
readonly push="$TEST_TMPDIR/push"

fail() {
  printf 'failed: %s\n' "$@" >&2
  exit 1
}

# equal LABEL EXPECTED FOUND
equal() { [[ "$2" == "$3" ]] || fail "$1" "expected: $2" "found:    $3"; }

# launcher NAME STATUS: writes a launcher that logs its name and flags and exits with STATUS.
launcher() {
  printf '#!/usr/bin/env bash\nprintf "%%s\\n" "%s $*" >> "%s"\necho "output of %s"\nexit %s\n' "$1" "$push.log" "$1" "$2" > "$push.$1"
  chmod +x "$push.$1"
}

# run_push [FLAG...]: runs the push; sets `status` and `output`, its standard output.
run_push() {
  rm -f "$push.log"
  status=0
  output="$("$push" "$@" 2> "$push.errors")" || status=$?
}

sed -e "s,{{target}},'//a:push'," -e 's/{{architectures}}/amd64 arm64/' -e 's,{{flag}},//tools/registry,' "$template" > "$push"
chmod +x "$push"
for name in index amd64 arm64; do launcher "$name" 0; done
printf ghcr.io/team/a > "$push.repository"
echo sha256-1 > "$push.amd64.tag"
echo sha256-2 > "$push.arm64.tag"

run_push
equal "the exit code" 0 "$status"
equal "the order" $'index \namd64 --tag sha256-1\narm64 --tag sha256-2' "$(< "$push.log")"
equal "the standard output" "output of index" "$output"

for flag in "-t v1" "-tv1" "--tag v1" "--tag=v1" "--digest-file d" "--json=j" "--image-refs r"; do
  read -ra arguments <<< "$flag"
  run_push --insecure "${arguments[@]}" --repository "a b"
  equal "$flag" "index --insecure $flag --repository a b
amd64 --tag sha256-1 --insecure --repository a b
arm64 --tag sha256-2 --insecure --repository a b" "$(< "$push.log")"
done

launcher arm64 3
run_push
equal "the exit code when SBOMs fail" 1 "$status"
[[ "$(< "$push.errors")" == *"error: //a:push: the image index was pushed, but the SBOMs for linux/arm64 were not;"*"bazel run //a:push"* ]] ||
  fail "the error when SBOMs fail" "$(< "$push.errors")"

launcher amd64 3
run_push
equal "no push after a failed push" $'index \namd64 --tag sha256-1' "$(< "$push.log")"

launcher index 5
run_push
equal "the exit code when the index fails" 5 "$status"
equal "no SBOMs without an index" "index " "$(< "$push.log")"

: > "$push.repository"
launcher index 0
launcher amd64 0
launcher arm64 0
run_push
equal "the exit code without a registry" 1 "$status"
[[ ! -e "$push.log" && "$(< "$push.errors")" == *"no registry to push to"*"bazel run --//tools/registry=HOST/PREFIX //a:push" ]] ||
  fail "the error without a registry" "$(< "$push.errors")"
run_push --help
equal "the exit code of --help without a registry" 0 "$status"
equal "--help shows the options of the push" "index --help" "$(< "$push.log")"
run_push --repository localhost:5000/a
equal "the exit code with a flag" 0 "$status"
