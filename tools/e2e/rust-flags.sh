#!/usr/bin/env bash
# A repository_set's extra_rustc_flags reach rustc's command line; rust.toolchain's are for the default set alone.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/e2e/lib/scratch_module.sh
source "${BASH_SOURCE[0]%/*}/lib/scratch_module.sh"

make_module() {
  mkdir "$module"
  printf 'load("@rules_rust//rust:defs.bzl", "rust_library")\n\nrust_library(name = "lib", srcs = ["lib.rs"], edition = "2021")\n' > "$module/BUILD.bazel"
  : > "$module/lib.rs"
}

# command_line TOOLCHAIN_FLAGS SET_FLAGS: sets `line`, rustc's for the library, when the two tags have these attributes.
command_line() {
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
  check_contains "rustc's command line is there" --crate-name=lib "$line"
}

main() {
  version="$(sed -n 's/^RUST_VERSION = "\(.*\)"/\1/p' "$workspace/tools/rust/toolchains.MODULE.bazel")"
  make_module
  on_exit expunge_module
  command_line "" ""
  [[ "$line" != *of_the_tag* ]] || check_failed "no flag that nobody set" "$line"
  passed "no flag that nobody set"
  command_line 'extra_rustc_flags = ["--cfg=of_the_tag"]' ""
  [[ "$line" != *of_the_tag* ]] || check_failed "rust.toolchain's flags are not for a repository_set" "$line"
  passed "rust.toolchain's flags are not for a repository_set"
  command_line 'extra_rustc_flags = ["--cfg=of_the_tag"]' 'extra_rustc_flags = ["--cfg=of_the_set"],'
  check_contains "a repository_set's own flags" --cfg=of_the_set "$line"
  report_checks
}

main
