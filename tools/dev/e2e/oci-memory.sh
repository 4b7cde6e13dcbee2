#!/usr/bin/env bash
# Verifies that the image tools stream layers: a layer of 512 MB, plain, gzip or zstd, needs less than 64 MB of memory. Also that oci_push is
# small. Needs docker-registry, skopeo and time.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/e2e/lib/oci_layout.sh
source "${BASH_SOURCE[0]%/*}/lib/oci_layout.sh"
# shellcheck source=tools/dev/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"

readonly limit_kb=65536 megabytes=512

need_built linux_x86_64_musl //services/hello:load //services/hello:push

# The tools that the rules run.
readonly hello="$built/linux_x86_64_musl/services/hello"
readonly oci_tool="$hello/hello.load.sh.runfiles/rules_oci~/tool/oci_tool"
readonly oci_push="$hello/hello.push.runfiles/rules_oci~/tool/oci_push"

create_big_layers() {
  truncate --size "${megabytes}M" "$scratch/big"
  tar --create --file "$scratch/big.tar" --directory "$scratch" big
  rm "$scratch/big"
  gzip -1 < "$scratch/big.tar" > "$scratch/big.tar.gz"
  zstd --quiet "$scratch/big.tar" -o "$scratch/big.tar.zst"
}

# check_memory LABEL COMMAND [ARG...]: the command must succeed, and its peak resident size must be below the limit.
check_memory() {
  local label="$1" peak
  shift
  /usr/bin/time --format %M --output "$scratch/peak" "$@" > "$scratch/command.log" 2>&1 || check_failed "$label" "$(< "$scratch/command.log")"
  peak="$(< "$scratch/peak")"
  ((peak < limit_kb)) || check_failed "$label stays below $limit_kb kB" "found: $peak kB"
  passed "$label: $peak kB"
}

# check_size PROGRAM MAX_KB: a remote cache transfers the program to each machine that runs it.
check_size() {
  local size
  size="$(($(stat --dereference --format=%s "$1") / 1000))"
  ((size <= $2)) || check_failed "the size of ${1##*/} is at most $2 kB" "found: $size kB"
  passed "the size of ${1##*/}: $size kB"
}

# Compressed metadata that unpacks to more than the limit is rejected by the size in its header.
rejects_large_metadata() {
  local kind error peak
  for kind in L x; do
    python3 - "$kind" "$megabytes" <<'END' | gzip -1 > "$scratch/metadata.tar.gz"
import sys, tarfile

header = tarfile.TarInfo("././@LongLink")
header.type = sys.argv[1].encode()
header.size = int(sys.argv[2]) << 20
sys.stdout.buffer.write(header.tobuf(tarfile.GNU_FORMAT))
for _ in range(int(sys.argv[2])):
    sys.stdout.buffer.write(b"a" * (1 << 20))
sys.stdout.buffer.write(bytes(1024))
END
    if error="$(/usr/bin/time --quiet --format %M --output "$scratch/peak" "$oci_tool" layer --tar "$scratch/metadata.tar.gz" --output "$scratch/metadata.json" 2>&1)"; then
      check_failed "metadata of $megabytes MB, type $kind, is rejected"
    fi
    check_contains "the error of metadata of type $kind" "expected at most 1048576" "$error"
    peak="$(< "$scratch/peak")"
    ((peak < limit_kb)) || check_failed "metadata of type $kind stays below $limit_kb kB" "found: $peak kB"
    passed "metadata of $megabytes MB, type $kind, is rejected: $peak kB"
  done
}

# The check must be able to fail.
detects_exceeded_limit() {
  if (check_memory "reading the layer into memory" python3 -c "open('$scratch/big.tar', 'rb').read()") > /dev/null 2>&1; then
    check_failed "a program that reads the layer into memory exceeds the limit"
  fi
  passed "a program that reads the layer into memory exceeds the limit"
}

assembles_images() {
  local kind arguments=()
  for kind in tar tar.gz tar.zst; do
    check_memory "a layer, $kind" "$oci_tool" layer --tar "$scratch/big.$kind" --output "$scratch/big.$kind.json"
    arguments+=(--tar "$scratch/big.$kind" --layer "$scratch/big.$kind.json")
  done
  check_memory "an image" "$oci_tool" image --os linux --architecture amd64 "${arguments[@]}" --output "$scratch/image"
}

loads_and_pushes() {
  # shellcheck disable=SC2016 # the loader expands it
  printf '#!/bin/sh\nexec cat "$3" > /dev/null\n' > "$scratch/loader"
  chmod +x "$scratch/loader"
  check_memory "a load for docker, zstd unpacked" "$oci_tool" load --image "$scratch/image" --format docker --loader "$scratch/loader"
  printf 'app:latest\n' > "$scratch/tags"
  check_memory "an index" "$oci_tool" index --image "$scratch/image" --output "$scratch/index"
  check_memory "a load for podman" "$oci_tool" load --image "$scratch/index" --format oci --tags "$scratch/tags" --loader "$scratch/loader"
  start_registry open
  check_memory "a push" "$oci_push" push --image "$scratch/image" --repository "${registry_address[open]}/team/app" --tag latest
}

# The part of a pull that the tool does; Bazel downloads the blobs.
assembles_pulled_image() {
  local blob arguments=()
  skopeo copy --quiet --preserve-digests --src-tls-verify=false "docker://${registry_address[open]}/team/app:latest" "oci:$scratch/pulled:latest"
  for blob in "$scratch"/pulled/blobs/sha256/*; do arguments+=(--blob "$blob"); done
  check_memory "a pulled image" "$oci_tool" layout --index "$scratch/pulled/index.json" "${arguments[@]}" --output "$scratch/layout"
  check_equal "the pulled image's digest" "$(root_digest "$scratch/image")" "$(root_digest "$scratch/layout")"
}

main() {
  need_packages docker-registry jq python3 skopeo time zstd
  check_size "$oci_push" 1800
  create_big_layers
  detects_exceeded_limit
  rejects_large_metadata
  assembles_images
  loads_and_pushes
  assembles_pulled_image
  report_checks
}

main
