# shellcheck shell=bash disable=SC2154 # sourced after harness.sh
# Records that hello's image was built without a cache and compared. This takes minutes, so it is done once for each state of the build's
# configuration, and with `.ci/run --full`. Sourced.

# Of rules_oci only the selection of crates: tools/dev/e2e/reproducible.sh runs its actions again.
readonly build_configuration=(
  .bazelrc .bazelversion Cargo.lock MODULE.bazel platforms tools/bazel tools/bazelrc tools/rust
  tools/distro/{*.sh,distro.bazelrc,root,setup} tools/distro/modules/{rules_rust,toolchains_musl} tools/distro/modules/rules_oci/{MODULE.bazel,tool/Cargo.lock}
)

# cold_build_record: prints a path with the digest of the build configuration and the build root's packages.
cold_build_record() {
  local digest
  digest="$({
    (cd "$workspace" && git ls-files -z --cached --others --exclude-standard -- "${build_configuration[@]}" | sort --zero-terminated | xargs --null sha256sum)
    "$workspace/tools/distro/shell" cat /usr/share/thimble/packages
  } | sha256sum)"
  printf '%s' "$persistent_cache/cold-build/${digest:0:16}"
}

# needs_cold_build RECORD
needs_cold_build() { [[ ! -e "$1" || -n "${THIMBLE_E2E_FULL:-}" ]]; }

# record_cold_build RECORD
record_cold_build() {
  mkdir -p "${1%/*}"
  touch "$1"
}
