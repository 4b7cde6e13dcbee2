#!/bin/sh
# Verifies that the SBOM of links-import lists each package of the workspace once, by the name and version in Cargo.toml.
set -o errexit -o nounset

bom="$1/sbom.cdx.json"
readonly bom

# expect_count COUNT PURL
expect_count() {
  found="$(grep -c "\"bom-ref\": \"pkg:cargo/$2" "$bom" || true)"
  if [ "$found" -ne "$1" ]; then
    echo "expected $1 components pkg:cargo/$2, found $found:" >&2
    grep '"bom-ref"' "$bom" >&2
    exit 1
  fi
}

expect_count 1 'links-import@'
expect_count 0 '[^"]*@0\.0\.0"'
expect_count 1 'chassis-env@'
