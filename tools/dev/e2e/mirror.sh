#!/usr/bin/env bash
# Verifies --config=mirror: Bazel downloads a module and its archive from a mirror that requires a token, and later reads the repository cache.
# Needs python3 and openssl; takes about 20 s.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/scratch_module.sh
source "${BASH_SOURCE[0]%/*}/lib/scratch_module.sh"
# shellcheck source=tools/dev/e2e/lib/mirror.sh
source "${BASH_SOURCE[0]%/*}/lib/mirror.sh"

readonly mirror="$scratch/mirror" token=secret
# Never resolves: RFC 2606.
readonly origin=downloads.invalid

# Creates a registry with one module, whose archive is at the origin.
create_mirror() {
  local archive="$mirror/$origin/greeting.tar.gz" entry="$mirror/registry/modules/greeting/1.0"
  mkdir -p "${archive%/*}" "$entry" "$scratch/greeting"
  printf 'module(name = "greeting", version = "1.0")\n' | tee "$entry/MODULE.bazel" > "$scratch/greeting/MODULE.bazel"
  printf 'exports_files(["greeting.txt"])\n' > "$scratch/greeting/BUILD.bazel"
  printf 'hello\n' > "$scratch/greeting/greeting.txt"
  tar --create --gzip --file "$archive" --directory "$scratch/greeting" .
  printf '{"url": "http://%s/greeting.tar.gz", "integrity": "sha256-%s"}\n' "$origin" \
    "$(openssl dgst -sha256 -binary "$archive" | base64)" > "$entry/source.json"
  printf '{}\n' > "$mirror/registry/bazel_registry.json"
}

# Creates a workspace with the preset.
create_module() {
  mkdir -p "$module/tools/bazelrc"
  { printf 'module(name = "thimble")\n' && workspace_dependencies && printf 'bazel_dep(name = "greeting", version = "1.0")\n'; } > "$module/MODULE.bazel"
  touch "$module/BUILD.bazel"
  sed "s/artifacts\\\\.example\\\\.com/${address//./\\\\.}/; s/artifacts\\.example\\.com/http:\\/\\/$address/" "$workspace/tools/bazelrc/mirror.cfg" > "$module/tools/bazelrc/mirror.cfg"
  write_credential_helper "$module/helper" "$token"
  cat "$workspace/tools/bazelrc/mirror.bazelrc" - > "$module/.bazelrc" <<RC
common:mirror --registry=http://$address/registry
common:credentials --credential_helper=${address%:*}=%workspace%/helper
common --repository_cache=$scratch/repository-cache
common --http_connector_attempts=1
RC
}

bazel() { in_module "$@" > "$scratch/bazel.log" 2>&1; }

downloads_from_mirror() {
  bazel build --config=mirror --config=credentials @greeting//:greeting.txt || check_failed "a build from the mirror" "$(tail -n 8 "$scratch/bazel.log")"
  for path in /registry/modules/greeting/1.0/MODULE.bazel /registry/modules/greeting/1.0/source.json "/$origin/greeting.tar.gz"; do
    check_contains "the mirror serves $path" "200 $path" "$(< "$scratch/mirror.log")"
  done
}

rejects_missing_credentials() {
  ! bazel build --config=mirror @greeting//:greeting.txt || check_failed "without the credential helper the build fails"
  check_contains "without the credential helper: the status" "401" "$(< "$scratch/bazel.log")"
  ! bazel build --registry="file://$mirror/registry" @greeting//:greeting.txt || check_failed "without the preset the build fails"
  check_contains "without the preset Bazel requests the origin" "$origin" "$(< "$scratch/bazel.log")"
}

# Fetches again after the archive was removed from the mirror.
reads_repository_cache() {
  rm "$mirror/$origin/greeting.tar.gz"
  bazel fetch --config=mirror --config=credentials --force @greeting//:greeting.txt || check_failed "a fetch from the repository cache" "$(tail -n 8 "$scratch/bazel.log")"
  passed "a fetch from the repository cache"
  ! bazel fetch --config=mirror --config=credentials --repository_cache= --force @greeting//:greeting.txt || check_failed "without the repository cache the fetch fails"
  check_contains "without the repository cache: the status" "404" "$(< "$scratch/bazel.log")"
}

main() {
  create_mirror
  start_mirror "$mirror" "$token"
  create_module
  on_exit expunge_module
  rejects_missing_credentials
  downloads_from_mirror
  reads_repository_cache
  report_checks
}

main
