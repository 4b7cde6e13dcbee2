# shellcheck shell=bash disable=SC2154 # sourced: uses `run`, the run's directory
# Scripts that run again only if their inputs have changed since they last passed on this machine: the script, the files below, user.bazelrc, the
# kernel, and the Debian packages of the machine and of the build root. Sourced by .ci/run.

readonly passed_digests="${XDG_CACHE_HOME:-${HOME:?set HOME, or XDG_CACHE_HOME}/.cache}/thimble/e2e/passed"

# The workspace without the sources and golden files of services, documentation and the end-to-end scripts, which are independent.
readonly workspace_files=(. ':!services/*.rs' ':!services/*.json' ':!services/*.mtree' ':!*.md' ':(exclude,glob)tools/dev/e2e/*.sh')
# Of rules_oci only the selection of crates: tools/dev/e2e/reproducible.sh runs its actions again.
readonly build_files=(
  .bazelrc .bazelversion ':(glob)**/Cargo.toml' Cargo.lock MODULE.bazel extensions.bzl platforms tools/{bazel,bazelrc,cargo,lock,rust}
  tools/dev/lib/{harness,docker_engine}.sh tools/dev/e2e/lib/{ci_container,oci_layout}.sh
  tools/distro/{*.sh,*.bazelrc,launch,registry,root,setup} tools/distro/modules/{rules_rust,toolchains_musl} tools/distro/modules/rules_oci/{MODULE.bazel,tool/Cargo.lock}
)

# input_digest NAME: nothing for a script that always runs.
input_digest() {
  local files others=("tools/dev/e2e/$1.sh" user.bazelrc) list="$run/inputs.$1"
  [[ -e "$run/machine" ]] || return 0
  case "$1" in
    # Its breakpoint is in this file.
    pipeline) others+=(services/hello/src/lib.rs) ;;&
    affected | conformance | crates | graph | launcher | lint-findings | mirror | oci-memory | oci-pull | oci-registry | oci-tools | \
      own-crates | pipeline | remote | rust-flags | setup | unpack)
      files=("${workspace_files[@]}")
      ;;
    cold-build) files=("${build_files[@]}") ;;
    *) return 0 ;;
  esac
  # Git fails in the repository of another user. The digest without its files would be the same after each change.
  git ls-files -z --cached --others --exclude-standard -- "${files[@]}" > "$list" || return 0
  {
    { cat "$list" && printf '%s\0' "${others[@]}"; } | sort --zero-terminated |
      tar --create --null --files-from=- --mtime=@0 --owner=0 --group=0 --numeric-owner --ignore-failed-read --warning=no-failed-read
    cat "$run/machine"
  } | sha256sum | cut -d' ' -f1
}

# Describes the machine in $run/machine after installing what the scripts need.
prepare_packages() {
  .ci/prepare packages &&
    { uname --kernel-release && dpkg-query --show && tools/distro/shell cat /usr/share/thimble/packages; } > "$run/machine.incomplete" &&
    mv "$run/machine.incomplete" "$run/machine"
}

# script_step NAME: a step that runs tools/dev/e2e/NAME.sh, or is cached.
script_step() {
  local name="$1" digest
  digest="$(input_digest "$name")"
  if [[ -n "$digest" && -z "${THIMBLE_E2E_FULL:-}" && "$(cat "$passed_digests/$name" 2> /dev/null)" == "$digest" ]]; then
    record "$name" cached 1 0
  else
    step "$name" run_script "$name" "$digest"
  fi
}

# run_script NAME DIGEST: stores the digest if the script passes.
run_script() {
  "tools/dev/e2e/$1.sh" &&
    { [[ -z "$2" ]] || { mkdir -p "$passed_digests" && printf '%s\n' "$2" > "$passed_digests/$1"; }; }
}
