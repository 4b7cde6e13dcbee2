#!/usr/bin/env bash
# SBOMs: valid by the tools of their makers, pushed with the image index and found from the image of each platform;
# and the licenses of all of Cargo.lock.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"

need_built linux_x86_64_musl //services/hello:sbom //services/hello:image.digest //services/hello:push //tools/sbom
need_built linux_arm64_musl //services/hello:sbom //services/hello:image.digest

# What images are built for: the architecture and the platform.
declare -rA platforms=([amd64]=linux_x86_64_musl [arm64]=linux_arm64_musl)
readonly python="$scratch/venv/bin/python"

readonly hello="$built/linux_x86_64_musl/services/hello"

install_validators() {
  python3 -m venv "$scratch/venv"
  run_logged pip "the validators can't be installed" "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check \
    'cyclonedx-python-lib[json-validation]==11.*' 'spdx-tools==0.8.*'
}

cyclonedx_valid() {
  "$python" - "$1" > "$scratch/cyclonedx.log" 2>&1 << 'PYTHON'
import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(pathlib.Path(sys.argv[1]).read_text())
sys.exit(str(error) if error else 0)
PYTHON
}

spdx_valid() { "$scratch/venv/bin/pyspdxtools" --infile "$1" --version SPDX-2.3 > "$scratch/spdx.log" 2>&1; }

# directory_of ARCHITECTURE: where hello's outputs for it are.
directory_of() { printf '%s/%s/services/hello' "$built" "${platforms[$1]}"; }

# sboms_are_valid ARCHITECTURE
sboms_are_valid() {
  local cyclonedx spdx
  cyclonedx="$(directory_of "$1")/hello.sbom/sbom.cdx.json"
  spdx="$(directory_of "$1")/hello.sbom/sbom.spdx.json"
  cyclonedx_valid "$cyclonedx" || check_failed "$1: the CycloneDX SBOM is valid" "$(tail -n 5 "$scratch/cyclonedx.log")"
  passed "$1: the CycloneDX SBOM is valid"
  spdx_valid "$spdx" || check_failed "$1: the SPDX SBOM is valid" "$(tail -n 5 "$scratch/spdx.log")"
  passed "$1: the SPDX SBOM is valid"
}

rejects_broken_sboms() {
  sed 's/"type": "library"/"type": "book"/' "$hello/hello.sbom/sbom.cdx.json" > "$scratch/broken.cdx.json"
  ! cyclonedx_valid "$scratch/broken.cdx.json" || check_failed "a broken CycloneDX SBOM is refused"
  passed "a broken CycloneDX SBOM is refused"
  sed 's/"SPDXRef-DOCUMENT"/"DOCUMENT"/' "$hello/hello.sbom/sbom.spdx.json" > "$scratch/broken.spdx.json"
  ! spdx_valid "$scratch/broken.spdx.json" || check_failed "a broken SPDX SBOM is refused"
  passed "a broken SPDX SBOM is refused"
}

# get PATH [HEADER]: of the repository in the registry.
get() { curl --silent --show-error --fail --header "Accept: ${2:-*/*}" "http://${registry_address[main]}/v2/team/hello/$1"; }

# push COMMAND...: pushes, by that command; the last line that it printed.
push() { "$@" --insecure --repository "${registry_address[main]}/team/hello" --tag v2 2> "$scratch/push.log" | tail -n 1; }

pushes() {
  local output
  output="$(push "$hello/hello.push")" || check_failed "push" "$(tail -n 5 "$scratch/push.log")"
  index_digest="${output##*@}"
  get manifests/v2 application/vnd.oci.image.index.v1+json > "$scratch/index" || check_failed "the index has the tag"
  check_equal "push prints the index's digest last" "$(sha256sum < "$scratch/index")" "${index_digest#sha256:}  -"
  check_equal "the tags" "$(printf '%s\n' latest v2 "$(fallback_tag amd64)" "$(fallback_tag arm64)" | sort | tr '\n' ' ')" \
    "$(get tags/list | jq --raw-output '.tags[]' | sort | tr '\n' ' ')"
}

# What --nobuild_runfile_links leaves: no directory of runfiles, but a manifest.
pushes_without_runfile_links() {
  local output
  mkdir "$scratch/alone"
  cp --no-dereference "$hello"/hello.push{,.index,.repository,.amd64,.amd64.tag,.arm64,.arm64.tag,.runfiles_manifest} "$scratch/alone"
  output="$(cd "$scratch" && push alone/hello.push)" || check_failed "push without runfile links" "$(tail -n 5 "$scratch/push.log")"
  check_equal "push without runfile links prints the index's digest last" "$index_digest" "${output##*@}"
}

# fallback_tag ARCHITECTURE: where clients of a registry without the referrers API look.
fallback_tag() { tr ':' '-' < "$(directory_of "$1")/hello.image.json.sha256"; }

# sboms_are_found_from_the_image ARCHITECTURE: of the index in the registry.
sboms_are_found_from_the_image() {
  local digest index manifest
  digest="$(jq --raw-output --arg it "$1" '.manifests[] | select(.platform.architecture == $it).digest' "$scratch/index")"
  check_equal "$1: the index's image is the one of image.digest" "$(< "$(directory_of "$1")/hello.image.json.sha256")" "$digest"
  get "manifests/$digest" application/vnd.oci.image.manifest.v1+json > /dev/null || check_failed "$1: the image is there"
  index="$(get "manifests/${digest/:/-}" application/vnd.oci.image.index.v1+json)"
  check_equal "$1: the kinds of what refers to the image" "application/vnd.cyclonedx+json application/spdx+json" \
    "$(jq --raw-output '[.manifests[].artifactType] | join(" ")' <<< "$index")"
  refers "$1" "$digest" "$(jq --raw-output '.manifests[0].digest' <<< "$index")" sbom.cdx.json
  refers "$1" "$digest" "$(jq --raw-output '.manifests[1].digest' <<< "$index")" sbom.spdx.json
}

# refers ARCHITECTURE DIGEST MANIFEST FILE: the artifact is about the image, and holds the SBOM that was built.
refers() {
  local manifest
  manifest="$(get "manifests/$3" application/vnd.oci.image.manifest.v1+json)"
  check_equal "$1: what $4 refers to" "$2" "$(jq --raw-output .subject.digest <<< "$manifest")"
  check_equal "$1: $4 from the registry" "$(sha256sum < "$(directory_of "$1")/hello.sbom/$4")" \
    "$(get "blobs/$(jq --raw-output '.layers[0].digest' <<< "$manifest")" | sha256sum)"
}

licenses() { "$built/linux_x86_64_musl/tools/sbom/sbom" licenses --metadata "$1" --policy "$workspace/deny.toml" > "$scratch/licenses.log" 2>&1; }

licenses_of_the_lock() {
  (cd "$workspace" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo metadata" "$(tail -n 5 "$scratch/cargo.log")"
  licenses "$scratch/metadata.json" || check_failed "every license in Cargo.lock is allowed" "$(tail -n 20 "$scratch/licenses.log")"
  passed "every license in Cargo.lock is allowed"
  check_contains "what is not checked is said" "not checked: advisories" "$(< "$scratch/licenses.log")"
  jq '.packages[0].license = "GPL-3.0-only"' "$scratch/metadata.json" > "$scratch/other.json"
  ! licenses "$scratch/other.json" || check_failed "another license is refused"
  check_contains "another license is refused" "has GPL-3.0-only" "$(< "$scratch/licenses.log")"
}

main() {
  local architecture
  need_packages curl docker-registry jq python3-venv
  install_validators
  rejects_broken_sboms
  start_registry main
  pushes
  for architecture in "${!platforms[@]}"; do
    sboms_are_valid "$architecture"
    sboms_are_found_from_the_image "$architecture"
  done
  pushes_without_runfile_links
  licenses_of_the_lock
  report_checks
}

main
