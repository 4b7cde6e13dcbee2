# shellcheck shell=bash
# Digests of OCI layouts. Sourced.

# digest_of FILE: as the specification writes it.
digest_of() {
  local found
  found="$(sha256sum < "$1")"
  printf 'sha256:%s' "${found%% *}"
}

# root_digest LAYOUT: what its index.json names.
root_digest() { jq --raw-output '.manifests[0].digest' "$1/index.json"; }
