#!/usr/bin/env bash
# Debian's rules_rust with tools/distro/modules/rules_rust copied over it, and edits to its own files. Runs in the root.
# Usage: rules_rust.sh DIR
set -o errexit -o nounset -o pipefail

readonly rules="$1/rust/private/rust.bzl"
readonly doc_test="$1/rust/private/rustdoc_test.bzl"
readonly doc_test_writer="$1/tools/rustdoc/rustdoc_test_writer.rs"
readonly extension="$1/crate_universe/extension.bzl"
readonly script_macro="$1/cargo/private/cargo_build_script_wrapper.bzl"
readonly script_rule="$1/cargo/private/cargo_build_script.bzl"
readonly script_parser="$1/cargo/cargo_build_script_runner/lib.rs"
readonly script_runner="$1/cargo/cargo_build_script_runner/bin.rs"
readonly script_build="$1/cargo/cargo_build_script_runner/BUILD.bazel"
readonly compiler="$1/rust/private/rustc.bzl"

# rules_rust 0.73 expects native libraries in `link_deps` and warns about them in `deps`; 0.54 supports only `deps`.
add_link_deps() {
  sed -i \
    -e 's/transform_deps(ctx\.attr\.deps)/transform_deps(ctx.attr.deps + ctx.attr.link_deps)/' \
    -e '/^    "edition": attr\.string(/i\    "link_deps": attr.label_list(\n        doc = "Native libraries to link.",\n        providers = [[CcInfo], [rust_common.crate_info]],\n    ),' \
    "$rules"
  if [[ "$(grep --count 'ctx\.attr\.link_deps)' "$rules")/$(grep --count '^    "link_deps": ' "$rules")" != 3/1 ]]; then
    printf 'rules_rust.sh: cannot add link_deps to %s: Debian has another release of rules_rust\n' "$rules" >&2
    exit 1
  fi
}

# rules_rust 0.73 tests documentation with the features of the crate.
add_doc_test_features() {
  sed -i 's/^    attrs = {$/&\n        "crate_features": attr.string_list(doc = "Features of the crate."),/' "$doc_test"
  if [[ "$(grep --count '"crate_features": ' "$doc_test")" != 1 ]]; then
    printf 'rules_rust.sh: cannot add crate_features to %s: Debian has another release of rules_rust\n' "$doc_test" >&2
    exit 1
  fi
}

# See workspace_tags.bzl.
add_workspace_tags() {
  sed -i \
    -e '0,/^load(/s//load(":workspace_tags.bzl", "platforms_template", "render_config_tag", "workspace_manifests")\nload(/' \
    -e 's/^\( *\)regen_command = .*/&\n\1platforms_template = platforms_template(module_ctx, cfg.name),/' \
    -e 's/manifests = {str(module_ctx\.path(m)).*/manifests = workspace_manifests(module_ctx, cfg.manifests, cfg.cargo_config)/' \
    -e 's/^\( *\)tag_classes = dict($/&\n\1    render_config = render_config_tag,/' \
    "$extension"
  if [[ "$(grep --count --extended-regexp 'platforms_template\(|workspace_manifests\(|= render_config_tag|workspace_tags' "$extension")" != 4 ]]; then
    printf 'rules_rust.sh: cannot add tags to %s: Debian has another release of rules_rust\n' "$extension" >&2
    exit 1
  fi
}

# Bazel's strings are the bytes of UTF-8 as Latin-1, which file() would encode again: cargo-bazel would not find a workspace with a
# non-ASCII path.
write_paths_unchanged() {
  sed -i 's/^        executable = False,$/&\n        legacy_utf8 = False,/' "$extension"
  if [[ "$(grep --count 'legacy_utf8 = False' "$extension")" != 2 ]]; then
    printf 'rules_rust.sh: cannot set legacy_utf8 in %s: Debian has another release of rules_rust\n' "$extension" >&2
    exit 1
  fi
}

# See local_crates.bzl.
add_local_crates() {
  sed -i \
    -e '0,/^load(/s//load(":local_crates.bzl", "declare_local_crate", "is_local_crate")\nload(/' \
    -e 's/^\( *\)if "Http" in repo:$/\1if is_local_crate(repo):\n\1    declare_local_crate(module_ctx, repo, crate_repo_name, build_file_content, cfg.manifests)\n\1elif "Http" in repo:/' \
    "$extension"
  if [[ "$(grep --count --extended-regexp 'is_local_crate|declare_local_crate' "$extension")" != 3 ]]; then
    printf 'rules_rust.sh: cannot add local crates to %s: Debian has another release of rules_rust\n' "$extension" >&2
    exit 1
  fi
}

# Runs build scripts as 0.73 does. Those of third parties, which crate_universe tags, are compiled with the crate's version, from which
# aws-lc-sys derives its symbol prefix, and their warnings are suppressed. All may use directives that start with `cargo::`.
update_build_scripts() {
  sed -i 's/^\( *\)crate_name = crate_name,$/&\n\1version = version if version and "cargo-bazel" in (tags or []) else "0.0.0",/' "$script_macro"
  sed -i 's/^\( *\)links = ctx\.attr\.links or ""$/\1if "cargo-bazel" in ctx.attr.tags:\n\1    env["RULES_RUST_SUPPRESS_BUILD_SCRIPT_WARNINGS"] = "1"\n\n&/' "$script_rule"
  sed -i \
    -e "s/^\( *\)let key_split = split\[0\]\.splitn(2, ':')\.collect.*/\1let directive = split[0].replacen(\"cargo::\", \"cargo:\", 1);\n\1let key_split = directive.splitn(2, ':').collect::<Vec<_>>();/" \
    -e 's/^\( *\)"warning" => {$/\1"metadata" if param.contains('"'='"') => BuildScriptOutput::new(\&format!("cargo:{param}")),\n\1"warning" if std::env::var_os("RULES_RUST_SUPPRESS_BUILD_SCRIPT_WARNINGS").is_some() => None,\n&/' \
    "$script_parser"
  if [[ "$(grep --count 'in (tags or \[\])' "$script_macro")/$(grep --count 'SUPPRESS_BUILD' "$script_rule")/$(grep --count --extended-regexp 'let directive|"metadata" if|SUPPRESS_BUILD' "$script_parser")" != 1/1/3 ]]; then
    printf 'rules_rust.sh: cannot change build scripts in %s: Debian has another release of rules_rust\n' "${script_macro%/*/*}" >&2
    exit 1
  fi
}

# A build dependency can read the files of its package at the run time of a build script, as openssl-src does: its files are inputs of
# the build script, and exec_root.rs makes its CARGO_MANIFEST_DIR valid.
# shellcheck disable=SC2016 # code of Starlark and Rust
add_build_dependency_files() {
  sed -i 's|^\( *\)env\["CARGO_MANIFEST_DIR"\] = "/"\.join(\[c for c in components if c\])$|&\n\1if is_exec_configuration(ctx):\n\1    env["CARGO_MANIFEST_DIR"] = env["CARGO_MANIFEST_DIR"].replace("${pwd}", "/proc/self/cwd/./.")|' "$compiler"
  sed -i \
    -e '0,/^load(/s//load(":build_dependency_files.bzl", "build_dependency_files")\nload(/' \
    -e 's/^\( *inputs = depset(build_script_inputs, transitive = extra_inputs\)),$/\1 + build_dependency_files(ctx.attr.deps)),/' \
    "$script_rule"
  sed -i 's/srcs = \["lib\.rs"\]/srcs = ["exec_root.rs", "lib.rs"]/' "$script_build"
  sed -i 's/^use std::io::{/pub mod exec_root;\n\n&/' "$script_parser"
  sed -i \
    -e 's/^use cargo_build_script_output_parser::{/&exec_root::replace_placeholder, /' \
    -e 's/^\( *\)let mut command = Command::new(exec_root\.join(progname));$/\1let copy = out_dir_abs.with_extension("script");\n\1let script = replace_placeholder(\&exec_root.join(\&progname), \&copy)\n\1    .map_err(|err| format!("{progname}: cannot copy the build script: {err}"))?;\n\1let mut command = Command::new(script);/' \
    -e 's/^    if !exec_root_links\.is_empty() {$/    let _ = std::fs::remove_file(copy);\n\n&/' \
    "$script_runner"
  if [[ "$(grep --count '"/proc/self/cwd/' "$compiler")/$(grep --count 'build_dependency_files' "$script_rule")/$(grep --count '"exec_root\.rs"' "$script_build")/$(grep --count 'mod exec_root' "$script_parser")/$(grep --count 'replace_placeholder\|remove_file(copy)\|Command::new(script)' "$script_runner")" != 1/2/1/1/4 ]]; then
    printf 'rules_rust.sh: cannot add files of build dependencies in %s: Debian has another release of rules_rust\n' "${script_macro%/*/*}" >&2
    exit 1
  fi
}

# See exec_root.rs. The time is the earliest of zip archives; OpenSSL ignores 0. Flags that scripts print may contain paths, too.
# shellcheck disable=SC2016 # code of Starlark and Rust
fix_build_script_paths() {
  sed -i 's/^    env = dict(ctx\.configuration\.default_shell_env)$/    env = {"SOURCE_DATE_EPOCH": "315532800"} | ctx.configuration.default_shell_env/' "$script_rule"
  sed -i \
    -e 's/^\( *\)value\.replace(exec_root, "${pwd}")$/\1exec_root::redact(value, exec_root)/' \
    -e 's/compile_flags: compile_flags\.join("\\n"),/compile_flags: Self::redact_exec_root(\&compile_flags.join("\\n"), exec_root),/' \
    "$script_parser"
  sed -i \
    -e 's/let out_dir_abs = exec_root\.join(out_dir);/let out_dir_abs = exec_root::out_dir(\&exec_root, out_dir);/' \
    -e 's/match run_buildrs() {/match exec_root::run(run_buildrs) {/' \
    -e 's/^    let _ = std::fs::remove_file(copy);$/&\n    exec_root::make_portable()?;/' \
    -e 's/^use cargo_build_script_output_parser::{/&exec_root, /' \
    "$script_runner"
  if [[ "$(grep --count 'SOURCE_DATE_EPOCH' "$script_rule")/$(grep --count 'exec_root::redact\|compile_flags: Self::' "$script_parser")/$(grep --count 'exec_root::out_dir\|exec_root::run\|exec_root::make_portable' "$script_runner")" != 1/2/3 ]]; then
    printf 'rules_rust.sh: cannot fix paths of build scripts in %s: Debian has another release of rules_rust\n' "${script_macro%/*/*}" >&2
    exit 1
  fi
}

# Removes flags of the C toolchain that disturb build scripts:
#
# - OpenSSL's Configure takes -no-canonical-prefixes for the name of a feature. Build scripts run the compiler by an absolute path, for
#   which the flag has no effect.
# - -std would override the standard that a script requests, because `cc` appends CXXFLAGS.
# - Shells and make remove the quotes in -D__DATE__="redacted". SOURCE_DATE_EPOCH sets the same macros.
drop_compiler_flags() {
  sed -i \
    -e 's/_pwd_flags(cc_\(c\|cxx\)_args))/_pwd_flags([arg for arg in cc_\1_args if not arg.startswith(_DROPPED_FLAGS)]))/' \
    -e 's/^def _pwd_flags(args):$/_DROPPED_FLAGS = ("-no-canonical-prefixes", "-std=", "-D__DATE__=", "-D__TIME__=", "-D__TIMESTAMP__=")\n\n&/' \
    "$script_rule"
  if [[ "$(grep --count '_DROPPED_FLAGS' "$script_rule")" != 3 ]]; then
    printf 'rules_rust.sh: cannot change compiler flags in %s: Debian has another release of rules_rust\n' "$script_rule" >&2
    exit 1
  fi
}

# Documentation tests run in their runfiles, where paths of outputs that a build script printed or wrote must be valid.
# shellcheck disable=SC2016 # code of Rust
link_doc_test_outputs() {
  sed -i 's|^    content\.extend(env\.iter()\.map.*|    for root in strip_substrings {\n        let root = root.trim_end_matches('"'/'"');\n        content.insert(\n            1,\n            format!("[[ -e '"'{root}'"' ]] \|\| {{ mkdir -p '"'{root}'"' \&\& rmdir '"'{root}'"' \&\& ln -s \\"$PWD\\" '"'{root}'"'; }}"),\n        );\n    }\n&|' "$doc_test_writer"
  if [[ "$(grep --count 'mkdir -p' "$doc_test_writer")" != 1 ]]; then
    printf 'rules_rust.sh: cannot link outputs in %s: Debian has another release of rules_rust\n' "$doc_test_writer" >&2
    exit 1
  fi
}

# A build script can write over the files of its package, as under cargo.
copy_package_files() {
  sed -i '0,/^            symlink(&abs_src, &abs_dest)/s//            exec_root::place(\&abs_src, \&abs_dest)/' "$script_runner"
  if [[ "$(grep --count 'exec_root::place' "$script_runner")" != 1 ]]; then
    printf 'rules_rust.sh: cannot copy files of packages in %s: Debian has another release of rules_rust\n' "$script_runner" >&2
    exit 1
  fi
}

main() {
  cp -r /usr/share/bazel/rules/rust/. "$1/"
  cp -r /thimble/distro/modules/rules_rust/. "$1/"
  add_link_deps
  add_doc_test_features
  add_workspace_tags
  add_local_crates
  write_paths_unchanged
  update_build_scripts
  add_build_dependency_files
  fix_build_script_paths
  drop_compiler_flags
  link_doc_test_outputs
  copy_package_files
}

main "$@"
