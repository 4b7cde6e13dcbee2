# shellcheck shell=bash
# Digests of OCI layouts. Sourced.

# digest_of FILE: `sha256:` and the hexadecimal digest.
digest_of() {
  local found
  found="$(sha256sum < "$1")"
  printf 'sha256:%s' "${found%% *}"
}

# root_digest LAYOUT: the digest of the first manifest in its index.json.
root_digest() { jq --raw-output '.manifests[0].digest' "$1/index.json"; }
