# shellcheck shell=bash disable=SC2154 # sourced after e2e.sh and cache.sh, whose variables it uses
# Whether hello's image was built without a cache and compared, for the present state of what decides how things are built. That takes
# minutes, so it is done once for each state, and with `.ci/run --full`. Sourced.

# Of rules_oci only what selects its crates: tools/e2e/reproducible.sh runs its own actions again.
readonly deciding=(
  .bazelrc .bazelversion Cargo.lock MODULE.bazel platforms tools/bazel tools/bazelrc tools/rust
  tools/distro/{*.sh,distro.bazelrc,root,setup} tools/distro/modules/{rules_rust,toolchains_musl} tools/distro/modules/rules_oci/{MODULE.bazel,tool/Cargo.lock}
)

# cold_build_record: a file, named by a digest of what decides how things are built, the root's packages included.
cold_build_record() {
  local digest
  digest="$({
    (cd "$workspace" && git ls-files -z --cached --others --exclude-standard -- "${deciding[@]}" | sort --zero-terminated | xargs --null sha256sum)
    "$workspace/tools/distro/shell" cat /usr/share/thimble/packages
  } | sha256sum)"
  printf '%s' "$kept/cold-build/${digest:0:16}"
}

# needs_cold_build RECORD
needs_cold_build() { [[ ! -e "$1" || -n "${THIMBLE_E2E_FULL:-}" ]]; }

# record_cold_build RECORD
record_cold_build() {
  mkdir -p "${1%/*}"
  touch "$1"
}
