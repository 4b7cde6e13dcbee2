#!/usr/bin/env bash
# Bills of materials: valid by the tools of their makers, found from the image in a registry; and the licences of all of Cargo.lock.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/registry.sh
source "${BASH_SOURCE[0]%/*}/lib/registry.sh"

readonly bills="$workspace/bazel-bin/services/hello/sbom"
readonly python="$scratch/venv/bin/python"

build() {
  cd "$workspace"
  tools/bazel build //services/hello:sbom //services/hello:image //services/hello:image.digest > "$scratch/build.log" 2>&1 ||
    check_failed "the build" "$(tail -n 20 "$scratch/build.log")"
  # It changes with the next build.
  cp -R --dereference "$bills" "$scratch/bills"
  chmod -R u+w "$scratch/bills"
}

install_validators() {
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/pip" install --quiet --disable-pip-version-check \
    'cyclonedx-python-lib[json-validation]==11.*' 'spdx-tools==0.8.*' > "$scratch/pip.log" 2>&1 ||
    check_failed "the validators can't be installed" "$(tail -n 5 "$scratch/pip.log")"
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

bills_are_valid() {
  local cyclonedx="$scratch/bills/sbom.cdx.json" spdx="$scratch/bills/sbom.spdx.json"
  cyclonedx_valid "$cyclonedx" || check_failed "the CycloneDX bill is valid" "$(tail -n 5 "$scratch/cyclonedx.log")"
  passed "the CycloneDX bill is valid"
  spdx_valid "$spdx" || check_failed "the SPDX bill is valid" "$(tail -n 5 "$scratch/spdx.log")"
  passed "the SPDX bill is valid"

  sed 's/"type": "library"/"type": "book"/' "$cyclonedx" > "$scratch/broken.cdx.json"
  ! cyclonedx_valid "$scratch/broken.cdx.json" || check_failed "a broken CycloneDX bill is refused"
  passed "a broken CycloneDX bill is refused"
  sed 's/"SPDXRef-DOCUMENT"/"DOCUMENT"/' "$spdx" > "$scratch/broken.spdx.json"
  ! spdx_valid "$scratch/broken.spdx.json" || check_failed "a broken SPDX bill is refused"
  passed "a broken SPDX bill is refused"
}

# get PATH [HEADER]: of the repository in the registry.
get() { curl --silent --show-error --fail --header "Accept: ${2:-*/*}" "http://${registry_address[main]}/v2/team/hello/$1"; }

bills_are_found_from_the_image() {
  local digest index manifest subject
  digest="$(< bazel-bin/services/hello/image.json.sha256)"
  start_registry main
  skopeo copy --quiet --dest-tls-verify=false "oci:bazel-bin/services/hello/image" \
    "docker://${registry_address[main]}/team/hello:latest"
  tools/bazel run //services/hello:push_sbom -- --insecure --repository "${registry_address[main]}/team/hello" \
    > "$scratch/push.log" 2>&1 || check_failed "push_sbom" "$(tail -n 5 "$scratch/push.log")"

  index="$(get "manifests/${digest/:/-}" application/vnd.oci.image.index.v1+json)"
  check_equal "the kinds of what refers to the image" "application/vnd.cyclonedx+json application/spdx+json" \
    "$(jq --raw-output '[.manifests[].artifactType] | join(" ")' <<< "$index")"
  manifest="$(get "manifests/$(jq --raw-output '.manifests[0].digest' <<< "$index")" application/vnd.oci.image.manifest.v1+json)"
  subject="$(jq --raw-output .subject.digest <<< "$manifest")"
  check_equal "what the bill refers to" "$digest" "$subject"
  get "manifests/$subject" application/vnd.oci.image.manifest.v1+json > /dev/null || check_failed "the image is there"
  check_equal "the bill from the registry" "$(sha256sum < "$scratch/bills/sbom.cdx.json")" \
    "$(get "blobs/$(jq --raw-output '.layers[0].digest' <<< "$manifest")" | sha256sum)"
}

licenses() { tools/bazel run //tools/sbom -- licenses --metadata "$1" --policy "$workspace/deny.toml" > "$scratch/licenses.log" 2>&1; }

licenses_of_the_lock() {
  tools/distro/shell cargo metadata --locked --format-version 1 > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo metadata" "$(tail -n 5 "$scratch/cargo.log")"
  licenses "$scratch/metadata.json" || check_failed "every licence in Cargo.lock is allowed" "$(tail -n 20 "$scratch/licenses.log")"
  passed "every licence in Cargo.lock is allowed"
  check_contains "what is not checked is said" "not checked: advisories" "$(< "$scratch/licenses.log")"
  jq '.packages[0].license = "GPL-3.0-only"' "$scratch/metadata.json" > "$scratch/other.json"
  ! licenses "$scratch/other.json" || check_failed "another licence is refused"
  check_contains "another licence is refused" "has GPL-3.0-only" "$(< "$scratch/licenses.log")"
}

main() {
  need_packages curl docker-registry jq python3-venv skopeo
  build
  install_validators
  bills_are_valid
  bills_are_found_from_the_image
  licenses_of_the_lock
  printf '%s checks passed\n' "$checks_passed"
}

main
