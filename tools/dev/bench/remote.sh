#!/usr/bin/env bash
# Measures builds of hello's image with a remote cache and with remote execution, on the cluster and the cache of tools/remote: time, actions
# and traffic. Fails if a digest differs from that of the local build. Takes 25 minutes on two cores; run nothing else meanwhile.
#
# Usage: tools/dev/bench/remote.sh [delivery]
#
#     delivery  only measures the traffic of build, load and push of an unchanged image or index from the cache; takes 10 minutes
set -o errexit -o nounset -o pipefail
readonly usage="[delivery]"
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/docker_engine.sh
source "${BASH_SOURCE[0]%/*}/../lib/docker_engine.sh"
# shellcheck source=tools/dev/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"
# shellcheck source=tools/dev/lib/remote_checkouts.sh
source "${BASH_SOURCE[0]%/*}/../lib/remote_checkouts.sh"

readonly image=//services/hello:image

# Bytes received on the loopback: in remote execution, the traffic between Bazel, the server, its store and the workers.
loopback_bytes() { awk '$1 == "lo:" { print $2 }' /proc/net/dev; }

# Bytes between Bazel and the cache, in both directions.
cache_bytes() { awk '{ sum += $4 + $5 } END { print sum + 0 }' "$THIMBLE_REMOTE_STATE/cache/log/access.log"; }

# measure_build LABEL COUNTER CHECKOUT FLAG...: builds the image and prints a row of the table.
measure_build() {
  local label="$1" counter="$2" checkout="$3" before started
  before="$("$counter")" started="$EPOCHREALTIME"
  build_in "$checkout" "${@:4}" "$image"
  print_row "$label" "$started" "$(count_executed "$checkout")" "$(($("$counter") - before))"
  check_digest "$checkout"
}

# print_row LABEL STARTED EXECUTED BYTES
print_row() { printf '| %s | %.0f s | %s | %.1f MB |\n' "$1" "$(bc <<< "$EPOCHREALTIME - $2")" "$3" "$(bc --mathlib <<< "$4 / 1000000")"; }

check_digest() {
  local found
  found="$(jq --raw-output '.manifests[0].digest' "$scratch/$1/bazel-bin/services/hello/hello.image/index.json")"
  digest="${digest:-$found}"
  [[ "$found" == "$digest" ]] || check_failed "the digest in the checkout $1" "expected: $digest" "found:    $found"
}
digest=

checkout() { create_checkout "$1" 'build --disk_cache=' "${@:2}"; }

measure_cluster() {
  local workers="$1"
  THIMBLE_REMOTE_STATE="$scratch/remote-$workers"
  start_instance cluster --workers "$workers"
  checkout "cluster$workers" "build:remote-exec --remote_executor=grpc://$address"
  measure_build "cold, $workers worker(s)" loopback_bytes "cluster$workers" --config=remote-exec
  checkout "again$workers" "build:remote-exec --remote_executor=grpc://$address"
  measure_build "second checkout, $workers worker(s)" loopback_bytes "again$workers" --config=remote-exec
  "$workspace/tools/remote/cluster" down
}

fill_cache() {
  start_instance cache
  checkout writer "build:remote-cache --remote_cache=http://$address"
  measure_build "cold, written to the cache" cache_bytes writer --config=remote-cache-write
  print_cache_size "the image"
  # Also the image of the other architecture, and the programs that load and push run.
  build_in writer --config=remote-cache-write "$image" //services/hello:load //services/hello:push
  print_cache_size "the image, load and push"
}

print_cache_size() {
  printf 'size of the cache after %s: %s MB\n' "$1" "$(du --summarize --block-size=1000000 "$THIMBLE_REMOTE_STATE/cache/data" | cut -f1)"
}

measure_cache() {
  checkout reader "build:remote-cache --remote_cache=http://$address"
  measure_build "second checkout, from the cache" cache_bytes reader --config=remote-cache
  digest=
  printf '\n/// Added.\npub fn added() -> u32 {\n    1\n}\n' >> "$scratch/reader/services/hello/src/lib.rs"
  measure_build "one line edited, with the cache" cache_bytes reader --config=remote-cache
}

# The traffic of build, load and push of an unchanged image or index, each on a new machine, and again without Bazel's outputs but with the machine's disk
# cache, as in a second checkout.
measure_delivery() {
  local verb
  start_engine
  start_registry registry
  for verb in build index load push; do
    checkout "$verb" "build:remote-cache --remote_cache=http://$address" "build --disk_cache=$scratch/$verb.disk"
    deliver "$verb" "a new machine"
    bazel_in "$verb" clean
    deliver "$verb" "its second checkout"
  done
}

# deliver VERB LABEL: prints a row and, for a download of what the verb delivers, how many times its size was transferred, without the tool that
# delivers it.
deliver() {
  local verb="$1" before started="$EPOCHREALTIME" requests bytes tool size
  requests="$(wc -l < "$THIMBLE_REMOTE_STATE/cache/log/access.log")"
  before="$(cache_bytes)"
  case "$verb" in
    build) bazel_in build build --config=remote-cache --remote_download_minimal "$image" ;;
    index) bazel_in index build --config=remote-cache --remote_download_minimal //services/hello:image_index ;;
    load) bazel_in load run --config=remote-cache --remote_download_minimal //services/hello:load ;;
    push) bazel_in push run --config=remote-cache --remote_download_minimal //services/hello:push -- --repository "${registry_address[registry]}/hello" ;;
  esac || check_failed "$verb" "$(tail -n 20 "$scratch/bazel.log")"
  bytes="$(($(cache_bytes) - before))"
  print_row "$verb, minimal download, $2" "$started" - "$bytes"
  tool="$(tool_bytes "$((requests + 1))")"
  if ((tool)); then
    size="$(delivered_bytes "$verb")"
    printf '%s: of which the tool: %s bytes; delivered: %s bytes; transferred without the tool: %s times as many\n' \
      "$verb" "$tool" "$size" "$(bc --mathlib <<< "scale=2; ($bytes - $tool) / $size")"
  fi
}

# tool_bytes LINE: what downloads of the tools transferred, from this line of the log on.
tool_bytes() {
  local tools
  tools="$(find -L "$scratch"/writer/bazel-bin/services/hello/hello.{load.sh,push}.runfiles/rules_oci*/tool -type f -exec sha256sum {} + | cut -d' ' -f1)"
  tail -n "+$1" "$THIMBLE_REMOTE_STATE/cache/log/access.log" | { grep --fixed-strings "$tools" || true; } | awk '{ sum += $4 + $5 } END { print sum + 0 }'
}

# delivered_bytes load|push: the blobs of the image, or those that the registry received.
delivered_bytes() {
  local blobs="$scratch/writer/bazel-bin/services/hello/hello.image/blobs"
  [[ "$1" == load ]] || blobs="$scratch/registry.data/docker/registry/v2/blobs"
  find -L "$blobs" -type f -printf '%s\n' | awk '{ sum += $1 } END { print sum }'
}

measure_all() {
  checkout local
  measure_build "cold, local" loopback_bytes local
  measure_cluster 1
  measure_cluster 2
  fill_cache
  measure_cache
  measure_delivery
}

main() {
  case "$*" in
    '' | delivery) ;;
    *) usage_error "unexpected argument \"$1\": expected delivery or none" ;;
  esac
  need_packages bc docker-registry docker.io jq procps
  printf '| | time | actions executed | transferred |\n|---|---|---|---|\n'
  if (($#)); then
    fill_cache
    measure_delivery
  else
    measure_all
  fi
}

main "$@"
