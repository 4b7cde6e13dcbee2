#!/usr/bin/env bash
# Verifies that hello's SBOMs are valid by CycloneDX's and SPDX's validators, are pushed with the image index and refer to each platform's
# image, and that all licenses in Cargo.lock are allowed. Installs the validators with pip.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/prebuilt.sh
source "${BASH_SOURCE[0]%/*}/lib/prebuilt.sh"
# shellcheck source=tools/dev/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/../lib/registry.sh"

need_built linux_x86_64_musl //services/hello:sbom //services/hello:image.digest //services/hello:push //tools/sbom
need_built linux_arm64_musl //services/hello:sbom //services/hello:image.digest

# The platform of each architecture.
declare -rA platforms=([amd64]=linux_x86_64_musl [arm64]=linux_arm64_musl)
readonly python="$scratch/venv/bin/python"

readonly hello="$built/linux_x86_64_musl/services/hello"

install_validators() {
  python3 -m venv "$scratch/venv"
  run_logged pip "pip install" "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check \
    'cyclonedx-python-lib[json-validation]==11.*' 'spdx-tools==0.8.*'
}

is_valid_cyclonedx() {
  "$python" - "$1" > "$scratch/cyclonedx.log" 2>&1 << 'PYTHON'
import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

error = JsonStrictValidator(SchemaVersion.V1_6).validate_str(pathlib.Path(sys.argv[1]).read_text())
sys.exit(str(error) if error else 0)
PYTHON
}

is_valid_spdx() { "$scratch/venv/bin/pyspdxtools" --infile "$1" --version SPDX-2.3 > "$scratch/spdx.log" 2>&1; }

# outputs_of ARCHITECTURE: hello's output directory.
outputs_of() { printf '%s/%s/services/hello' "$built" "${platforms[$1]}"; }

# validates_sboms ARCHITECTURE
validates_sboms() {
  local cyclonedx spdx
  cyclonedx="$(outputs_of "$1")/hello.sbom/sbom.cdx.json"
  spdx="$(outputs_of "$1")/hello.sbom/sbom.spdx.json"
  is_valid_cyclonedx "$cyclonedx" || check_failed "$1: the CycloneDX SBOM is valid" "$(tail -n 5 "$scratch/cyclonedx.log")"
  passed "$1: the CycloneDX SBOM is valid"
  is_valid_spdx "$spdx" || check_failed "$1: the SPDX SBOM is valid" "$(tail -n 5 "$scratch/spdx.log")"
  passed "$1: the SPDX SBOM is valid"
}

rejects_invalid_sboms() {
  sed 's/"type": "library"/"type": "book"/' "$hello/hello.sbom/sbom.cdx.json" > "$scratch/invalid.cdx.json"
  ! is_valid_cyclonedx "$scratch/invalid.cdx.json" || check_failed "an invalid CycloneDX SBOM is rejected"
  passed "an invalid CycloneDX SBOM is rejected"
  sed 's/"SPDXRef-DOCUMENT"/"DOCUMENT"/' "$hello/hello.sbom/sbom.spdx.json" > "$scratch/invalid.spdx.json"
  ! is_valid_spdx "$scratch/invalid.spdx.json" || check_failed "an invalid SPDX SBOM is rejected"
  passed "an invalid SPDX SBOM is rejected"
}

# get PATH [MEDIA_TYPE]: fetches from the repository in the registry.
get() { curl --silent --show-error --fail --header "Accept: ${2:-*/*}" "http://${registry_address[main]}/v2/team/hello/$1"; }

# push COMMAND...: pushes and prints the command's last line.
push() { "$@" --insecure --repository "${registry_address[main]}/team/hello" --tag v2 2> "$scratch/push.log" | tail -n 1; }

pushes_index() {
  local output
  output="$(push "$hello/hello.push")" || check_failed "push" "$(tail -n 5 "$scratch/push.log")"
  index_digest="${output##*@}"
  get manifests/v2 application/vnd.oci.image.index.v1+json > "$scratch/index" || check_failed "the tag refers to the index"
  check_equal "push prints the index's digest last" "$(sha256sum < "$scratch/index")" "${index_digest#sha256:}  -"
  check_equal "the tags" "$(printf '%s\n' latest v2 "$(fallback_tag amd64)" "$(fallback_tag arm64)" | sort | tr '\n' ' ')" \
    "$(get tags/list | jq --raw-output '.tags[]' | sort | tr '\n' ' ')"
}

# The outputs under --nobuild_runfile_links: a runfiles manifest without the directory.
pushes_without_runfile_links() {
  local output
  mkdir "$scratch/alone"
  cp --no-dereference "$hello"/hello.push{,.index,.repository,.amd64,.amd64.tag,.arm64,.arm64.tag,.runfiles_manifest} "$scratch/alone"
  output="$(cd "$scratch" && push alone/hello.push)" || check_failed "push without runfile links" "$(tail -n 5 "$scratch/push.log")"
  check_equal "push without runfile links prints the index's digest last" "$index_digest" "${output##*@}"
}

# fallback_tag ARCHITECTURE: the referrers tag of the OCI distribution specification, for registries without the referrers API.
fallback_tag() { tr ':' '-' < "$(outputs_of "$1")/hello.image.json.sha256"; }

# finds_sboms_of_image ARCHITECTURE
finds_sboms_of_image() {
  local digest index
  digest="$(jq --raw-output --arg architecture "$1" '.manifests[] | select(.platform.architecture == $architecture).digest' "$scratch/index")"
  check_equal "$1: the index contains the digest of image.digest" "$(< "$(outputs_of "$1")/hello.image.json.sha256")" "$digest"
  get "manifests/$digest" application/vnd.oci.image.manifest.v1+json > /dev/null || check_failed "$1: the registry has the image"
  index="$(get "manifests/${digest/:/-}" application/vnd.oci.image.index.v1+json)"
  check_equal "$1: the referrers' artifact types" "application/vnd.cyclonedx+json application/spdx+json" \
    "$(jq --raw-output '[.manifests[].artifactType] | join(" ")' <<< "$index")"
  check_referrer "$1" "$digest" "$(jq --raw-output '.manifests[0].digest' <<< "$index")" sbom.cdx.json
  check_referrer "$1" "$digest" "$(jq --raw-output '.manifests[1].digest' <<< "$index")" sbom.spdx.json
}

# check_referrer ARCHITECTURE DIGEST MANIFEST FILE: the artifact must refer to the image and contain the built SBOM.
check_referrer() {
  local manifest
  manifest="$(get "manifests/$3" application/vnd.oci.image.manifest.v1+json)"
  check_equal "$1: the subject of $4" "$2" "$(jq --raw-output .subject.digest <<< "$manifest")"
  check_equal "$1: the registry's $4" "$(sha256sum < "$(outputs_of "$1")/hello.sbom/$4")" \
    "$(get "blobs/$(jq --raw-output '.layers[0].digest' <<< "$manifest")" | sha256sum)"
}

check_licenses() { "$built/linux_x86_64_musl/tools/sbom/sbom" licenses --metadata "$1" --policy "$workspace/deny.toml" > "$scratch/licenses.log" 2>&1; }

checks_locked_licenses() {
  (cd "$workspace" && tools/distro/shell cargo metadata --locked --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo metadata" "$(tail -n 5 "$scratch/cargo.log")"
  check_licenses "$scratch/metadata.json" || check_failed "every license in Cargo.lock is allowed" "$(tail -n 20 "$scratch/licenses.log")"
  passed "every license in Cargo.lock is allowed"
  check_contains "the output names the omitted checks" "not checked: advisories" "$(< "$scratch/licenses.log")"
  jq '.packages[0].license = "GPL-3.0-only"' "$scratch/metadata.json" > "$scratch/other.json"
  ! check_licenses "$scratch/other.json" || check_failed "another license is rejected"
  check_contains "another license is rejected" "has GPL-3.0-only" "$(< "$scratch/licenses.log")"
}

main() {
  local architecture
  need_packages curl docker-registry jq python3-venv
  install_validators
  rejects_invalid_sboms
  start_registry main
  pushes_index
  for architecture in "${!platforms[@]}"; do
    validates_sboms "$architecture"
    finds_sboms_of_image "$architecture"
  done
  pushes_without_runfile_links
  checks_locked_licenses
  report_checks
}

main
