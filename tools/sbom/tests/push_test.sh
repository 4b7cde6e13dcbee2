#!/usr/bin/env bash
# What `push` runs, in which order and with which flags, and how it ends when one of them fails; on launchers that only write down.
set -o errexit -o nounset -o pipefail

readonly template="$1"
readonly push="$TEST_TMPDIR/push"

fail() {
  printf 'failed: %s\n' "$@" >&2
  exit 1
}

# equal WHAT EXPECTED FOUND
equal() { [[ "$2" == "$3" ]] || fail "$1" "expected: $2" "found:    $3"; }

# launcher NAME STATUS: one that writes its name, its flags and that it was there.
launcher() {
  printf '#!/usr/bin/env bash\nprintf "%%s\\n" "%s $*" >> "%s"\necho "said by %s"\nexit %s\n' "$1" "$push.log" "$1" "$2" > "$push.$1"
  chmod +x "$push.$1"
}

# pushes [FLAG...]: runs it; sets `status` and `said`, what it wrote to standard output.
pushes() {
  rm -f "$push.log"
  status=0
  said="$("$push" "$@" 2> "$push.errors")" || status=$?
}

sed -e "s,{{target}},'//a:push'," -e 's/{{architectures}}/amd64 arm64/' -e 's,{{flag}},//tools/registry,' "$template" > "$push"
chmod +x "$push"
for name in index amd64 arm64; do launcher "$name" 0; done
printf ghcr.io/team/a > "$push.repository"
echo sha256-1 > "$push.amd64.tag"
echo sha256-2 > "$push.arm64.tag"

pushes
equal "the exit code" 0 "$status"
equal "the order" $'index \namd64 --tag sha256-1\narm64 --tag sha256-2' "$(< "$push.log")"
equal "what standard output has" "said by index" "$said"

for flag in "-t v1" "-tv1" "--tag v1" "--tag=v1" "--digest-file d" "--json=j" "--image-refs r"; do
  read -ra words <<< "$flag"
  pushes --insecure "${words[@]}" --repository "a b"
  equal "$flag" "index --insecure $flag --repository a b
amd64 --tag sha256-1 --insecure --repository a b
arm64 --tag sha256-2 --insecure --repository a b" "$(< "$push.log")"
done

launcher arm64 3
pushes
equal "the exit code when SBOMs fail" 1 "$status"
[[ "$(< "$push.errors")" == *"error: //a:push: the image index is in the registry, but the SBOMs for linux/arm64 are not;"*"bazel run //a:push"* ]] ||
  fail "the error when SBOMs fail" "$(< "$push.errors")"

launcher amd64 3
pushes
equal "no further push after one that failed" $'index \namd64 --tag sha256-1' "$(< "$push.log")"

launcher index 5
pushes
equal "the exit code when the index fails" 5 "$status"
equal "no SBOMs without an index" "index " "$(< "$push.log")"

: > "$push.repository"
launcher index 0
launcher amd64 0
launcher arm64 0
pushes
equal "the exit code without a registry" 1 "$status"
[[ ! -e "$push.log" && "$(< "$push.errors")" == *"no registry to push to"*"bazel run --//tools/registry=HOST/PREFIX //a:push" ]] ||
  fail "the error without a registry" "$(< "$push.errors")"
pushes --repository localhost:5000/a
equal "the exit code with a flag" 0 "$status"
