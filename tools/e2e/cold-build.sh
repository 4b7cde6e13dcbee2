#!/usr/bin/env bash
# The image is the same bytes when everything in it, third-party crates and tools included, is built again in another directory.
# That takes minutes, so it is done once for each state of what decides how things are built, and with --full.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/e2e/lib/e2e.sh
source "${BASH_SOURCE[0]%/*}/lib/e2e.sh"
# shellcheck source=tools/e2e/lib/built.sh
source "${BASH_SOURCE[0]%/*}/lib/built.sh"
# shellcheck source=tools/e2e/lib/cache.sh
source "${BASH_SOURCE[0]%/*}/lib/cache.sh"

readonly elsewhere="$scratch/elsewhere/a/longer/path"
# Of rules_oci only what selects its crates: tools/e2e/reproducible.sh runs its own actions again.
readonly deciding=(
  .bazelrc .bazelversion Cargo.lock MODULE.bazel platforms tools/bazel tools/bazelrc tools/rust
  tools/distro/{*.sh,distro.bazelrc,root,setup} tools/distro/modules/{rules_rust,toolchains_musl} tools/distro/modules/rules_oci/{MODULE.bazel,tool/Cargo.lock}
)

need_built linux_x86_64_musl //services/hello:hello.release //services/hello:image.digest

# state: a digest of what decides how things are built, the root's packages included.
state() {
  {
    (cd "$workspace" && git ls-files -z --cached --others --exclude-standard -- "${deciding[@]}" | sort --zero-terminated | xargs --null sha256sum)
    "$workspace/tools/distro/shell" cat /usr/share/thimble/packages
  } | sha256sum | cut -c1-16
}

expunge() { (cd "$elsewhere" && tools/bazel clean --expunge) > "$scratch/expunge.log" 2>&1; }

build_elsewhere() {
  copy_workspace "$elsewhere"
  at_end expunge
  (cd "$elsewhere" && tools/bazel build --disk_cache= --remote_cache= //services/hello:hello.release //services/hello:image.digest) \
    > "$scratch/build.log" 2>&1 || check_failed "the build" "$(tail -n 20 "$scratch/build.log")"
  [[ "$(grep 'process' "$scratch/build.log")" != *"cache hit"* ]] || check_failed "nothing comes from a cache" "$(grep 'cache hit' "$scratch/build.log")"
  passed "nothing comes from a cache"
}

gives_the_same_bytes() {
  local here="$built/linux_x86_64_musl/services/hello" there="$elsewhere/bazel-bin/services/hello"
  check_equal "the digest in another directory" "$(< "$here/hello.image.json.sha256")" "$(< "$there/hello.image.json.sha256")"
  cmp "$here/hello.release" "$there/hello.release" || check_failed "the program in another directory"
  passed "the program in another directory"
}

main() {
  local marker
  marker="$kept/cold-build/$(state)"
  if [[ -e "$marker" && -z "${THIMBLE_E2E_FULL:-}" ]]; then
    passed "unchanged since it last passed: $marker"
  else
    build_elsewhere
    gives_the_same_bytes
    mkdir -p "${marker%/*}"
    touch "$marker"
  fi
  printf '%s checks passed\n' "$checks_passed"
}

main
