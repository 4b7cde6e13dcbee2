#!/usr/bin/env bash
# Verifies that extra_rustc_flags of rust.repository_set reach rustc's command line, that those of rust.toolchain apply only to the default
# toolchains, and that -c opt does not link programs with the flags of the release profile.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/e2e/lib/scratch_module.sh
source "${BASH_SOURCE[0]%/*}/lib/scratch_module.sh"

create_module() {
  mkdir "$module"
  printf 'load("@rules_rust//rust:defs.bzl", "rust_library")\n\nrust_library(name = "lib", srcs = ["lib.rs"], edition = "2021")\n' > "$module/BUILD.bazel"
  : > "$module/lib.rs"
}

# read_command_line TOOLCHAIN_ATTRIBUTE SET_ATTRIBUTE: sets `line`, rustc's command line for the library with these attributes of the two tags.
read_command_line() {
  workspace_dependencies > "$module/MODULE.bazel"
  cat >> "$module/MODULE.bazel" <<MODULE
rust = use_extension("@rules_rust//rust:extensions.bzl", "rust")
rust.toolchain(edition = "2021", versions = ["$version"], $1)
rust.repository_set(
    name = "rust_linux_x86_64",
    edition = "2021",
    exec_triple = "x86_64-unknown-linux-gnu",
    target_triple = "x86_64-unknown-linux-gnu",
    versions = ["$version"],
    $2
)
use_repo(rust, "rust_toolchains")

register_toolchains("@rust_toolchains//:all")
MODULE
  in_module aquery --platforms=@bazel_tools//tools:host_platform 'mnemonic("^Rustc$", //:lib)' > "$scratch/actions" 2> "$scratch/aquery.log" ||
    check_failed "the module is analyzed" "$(tail -n 12 "$scratch/aquery.log")"
  line="$(grep -- '--cfg\|--crate-name' "$scratch/actions")"
  check_contains "the actions contain rustc's command line" --crate-name=lib "$line"
}

# Only the libraries of the release profile contain bitcode, which the link with -Clto requires.
links_without_lto() {
  "$workspace/tools/bazel" aquery --compilation_mode=opt 'mnemonic("^Rustc$", //services/hello)' > "$scratch/actions" 2> "$scratch/aquery.log" ||
    check_failed "a service is analyzed with -c opt" "$(tail -n 12 "$scratch/aquery.log")"
  check_contains "-c opt optimizes" opt-level=3 "$(< "$scratch/actions")"
  ! grep --quiet -- -Clto= "$scratch/actions" || check_failed "-c opt links without -Clto" "$(grep -- -Clto= "$scratch/actions")"
  passed "-c opt links without -Clto"
}

main() {
  version="$(sed -n 's/^RUST_VERSION = "\(.*\)"/\1/p' "$workspace/tools/rust/toolchains.MODULE.bazel")"
  create_module
  on_exit expunge_module
  read_command_line "" ""
  [[ "$line" != *of_the_tag* ]] || check_failed "the default command line has no extra flag" "$line"
  passed "the default command line has no extra flag"
  read_command_line 'extra_rustc_flags = ["--cfg=of_the_tag"]' ""
  [[ "$line" != *of_the_tag* ]] || check_failed "rust.toolchain's flags do not apply to a repository_set" "$line"
  passed "rust.toolchain's flags do not apply to a repository_set"
  read_command_line 'extra_rustc_flags = ["--cfg=of_the_tag"]' 'extra_rustc_flags = ["--cfg=of_the_set"],'
  check_contains "a repository_set's flags apply" --cfg=of_the_set "$line"
  links_without_lto
  report_checks
}

main
