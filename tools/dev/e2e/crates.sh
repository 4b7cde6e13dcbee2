#!/usr/bin/env bash
# Verifies that the Rust macros match cargo's metadata for every workspace member, reject unsupported manifests, that their tests fail on
# errors and update snapshots, that build scripts see fixed paths, and that crates of a private registry build. Needs python3.
set -o errexit -o nounset -o pipefail
# shellcheck source=tools/dev/lib/harness.sh
source "${BASH_SOURCE[0]%/*}/../lib/harness.sh"
# shellcheck source=tools/dev/lib/workspace_copy.sh
source "${BASH_SOURCE[0]%/*}/../lib/workspace_copy.sh"
# shellcheck source=tools/dev/e2e/lib/mirror.sh
source "${BASH_SOURCE[0]%/*}/lib/mirror.sh"

readonly crate=tools/rust/tests/features

matches_cargo_metadata() {
  local base
  in_copy query 'kind(rule, //...)' > "$scratch/targets" 2> "$scratch/query.log" || check_failed "bazel query" "$(tail -n 12 "$scratch/query.log")"
  base="$(in_copy info output_base 2> "$scratch/query.log")"
  (cd "$copy" && tools/distro/shell cargo metadata --locked --filter-platform x86_64-unknown-linux-musl --format-version 1) > "$scratch/metadata.json" 2> "$scratch/cargo.log" ||
    check_failed "cargo metadata" "$(tail -n 5 "$scratch/cargo.log")"
  compare "$base" > "$scratch/differences" || check_failed "the macros match cargo's metadata" "$(< "$scratch/differences")"
  passed "the macros match cargo's metadata: $(tail -n 1 "$scratch/differences")"
  sed -i 's/"cargo_features"/"another"/' "$scratch/metadata.json"
  ! compare "$base" > "$scratch/differences" || check_failed "a different name is detected"
  check_contains "the difference is reported" "$crate: name: expected another, found cargo_features" "$(< "$scratch/differences")"
}

compare() {
  python3 "$workspace/tools/dev/e2e/lib/cargo_members.py" "$1"/external/*cargo_workspace_thimble_cargo_lock/members.bzl "$scratch/metadata.json" "$scratch/targets"
}

# check_rejected LABEL EXPECTED COMMAND...: Bazel must fail with the message; restores the copy's crate.
check_rejected() {
  local label="$1" expected="$2" status=0
  shift 2
  in_copy "$@" > "$scratch/rejected.log" 2>&1 || status=$?
  ((status)) || check_failed "$label is rejected"
  check_contains "$label is rejected" "$expected" "$(< "$scratch/rejected.log")"
  restore_copy "$crate"
}

rejects_manifests() {
  printf '\n[profile.x]\n[target.x86_64-unknown-linux-musl.lints]\n' >> "$copy/$crate/Cargo.toml"
  check_rejected "an unsupported key" "$crate/Cargo.toml: unsupported key \"target.x86_64-unknown-linux-musl.lints\"" query "//$crate:all"
  sed -i 's/"dep:hex"/"dep:absent"/' "$copy/$crate/Cargo.toml"
  check_rejected "an unknown dependency of a feature" "feature \`extra\` includes \`dep:absent\`" query "//$crate:all"
  printf '\n[[bin]]\nname = "absent"\n' >> "$copy/$crate/Cargo.toml"
  check_rejected "a program without a file" "find \`absent\` bin at" query "//$crate:all"
  mkdir "$copy/$crate/src/bin"
  printf 'fn main() {}\n' > "$copy/$crate/src/bin/cargo_features_test.rs"
  check_rejected "a program with the name of another target" 'another crate of the package, "src/bin/cargo_features_test.rs": rename' query "//$crate:all"
  sed -i 's/rust_crate/rust_tool/' "$copy/$crate/BUILD.bazel"
  printf '\n[[bin]]\nname = "cargo_features"\npath = "src/lib.rs"\nrequired-features = ["unused"]\n' >> "$copy/$crate/Cargo.toml"
  check_rejected "a main program with a disabled feature" 'program "cargo_features" needs the disabled features ["unused"]: expected them in "default"' query "//$crate:all"
  printf '\n[unknown]\n' >> "$copy/Cargo.toml"
  check_rejected "an unsupported key of the root" 'Cargo.toml: unsupported key "unknown"' query "//$crate:all"
  cp "$workspace/Cargo.toml" "$copy"
  sed -i 's|^    name = .*|&\n    deps = ["//services/chassis"],|' "$copy/$crate/BUILD.bazel"
  check_rejected "a crate missing from Cargo.toml" "cargo add --package cargo_features --path services/chassis" query "//$crate:all"
}

detects_failing_tests() {
  # shellcheck disable=SC2016 # backquotes of Markdown
  printf '/// ```\n/// assert!(false);\n/// ```\n#[cfg(feature = "extra")]\npub fn wrong() {}\n' >> "$copy/$crate/src/lib.rs"
  check_rejected "a failing documentation test of a feature" "$crate:cargo_features_doctest" test "//$crate:cargo_features_doctest"
  printf '\n#[test]\nfn wrong() {\n    panic!();\n}\n' >> "$copy/$crate/src/lib.rs"
  run_logged filter "--test_filter selects tests" in_copy test --test_filter=unifies_features "//$crate:cargo_features_test"
  passed "--test_filter selects tests"
  check_rejected "a failing unit test" "$crate:cargo_features_test" test "//$crate:cargo_features_test"
}

detects_failing_macro_test() {
  sed -i 's|^/// assert_eq!(Pair::COUNT, 2);|/// assert_eq!(Pair::COUNT, 3);|' "$copy/tools/rust/tests/proc_macro/src/lib.rs"
  check_rejected "a failing documentation test of a proc macro" "right: 3" test //tools/rust/tests/proc_macro:cargo_proc_macro_doctest
}

# A build dependency reads a file of its package, in a process with another working directory.
reads_files_of_build_dependencies() {
  local generator=tools/rust/tests/generator user=tools/rust/tests/build_script
  cat >> "$copy/$generator/src/lib.rs" <<'RUST'

/// The Cargo.toml of this package.
pub fn manifest() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let cat = std::process::Command::new("cat").arg(path).current_dir("/").output().unwrap();
    String::from_utf8(cat.stdout).unwrap()
}
RUST
  sed -i 's|^fn main() {|&\n    assert!(generator::manifest().contains("cargo_generator"));|' "$copy/$user/build.rs"
  run_logged script "a build script reads files of a dependency" in_copy build "//$user:cargo_build_script_build_script"
  passed "a build script reads files of a dependency"
}

# As rust-embed and static-files do.
writes_absolute_paths() {
  local user=tools/rust/tests/build_script
  cat >> "$copy/$user/src/lib.rs" <<'RUST'

#[cfg(test)]
include!(concat!(env!("OUT_DIR"), "/absolute.rs"));

#[test]
fn includes_absolute_paths() {
    assert_eq!(TEXT, "text");
    assert!(MANIFEST.contains("cargo_build_script"));
    assert!(std::path::Path::new(PACKAGE).join("Cargo.toml").is_file());
}
RUST
  sed -i 's|^fn main() {|&\n    let (out, package) = (env::var("OUT_DIR").unwrap(), env::var("CARGO_MANIFEST_DIR").unwrap());\n    fs::write(format!("{out}/text"), "text").unwrap();\n    fs::write(format!("{out}/absolute.rs"), format!("const TEXT: \&str = include_str!(\\"{out}/text\\"); const MANIFEST: \&str = include_str!(\\"{package}/Cargo.toml\\"); const PACKAGE: \&str = \\"{package}\\";")).unwrap();|' "$copy/$user/build.rs"
  run_logged absolute "a build script writes absolute paths" in_copy test "//$user:cargo_build_script_test"
  passed "a build script writes absolute paths"
  restore_copy "$user"
}

checks_build_script_output() {
  local user=tools/rust/tests/build_script
  sed -i 's|^fn main() {|&\n    println!("cargo::error=no codes");\n    println!("cargo::rustc-link-arg-bins=-s");\n    println!("cargo::rustc-link-arg-tests=-s");\n    println!("cargo::rustc-flags=-l c");|' "$copy/$user/build.rs"
  ! in_copy build "//$user:crate" > "$scratch/rejected.log" 2>&1 || check_failed "cargo::error fails the build"
  check_contains "cargo::error fails the build" "$user/build.rs: error: no codes" "$(< "$scratch/rejected.log")"
  local key
  for key in rustc-link-arg-bins rustc-link-arg-tests rustc-flags; do
    check_contains "cargo::$key is rejected" "unsupported output \"cargo::$key\"" "$(< "$scratch/rejected.log")"
  done
  cp "$workspace/$user/build.rs" "$copy/$user/build.rs"
  sed -i '/rustc-check-cfg/d' "$copy/$user/build.rs"
  ! in_copy build "//$user:cargo_build_script_test_program" > "$scratch/rejected.log" 2>&1 || check_failed "an undeclared option of a build script is reported"
  # shellcheck disable=SC2016 # backquotes of rustc
  check_contains "an undeclared option of a build script is reported" 'unexpected `cfg` condition name: `from_script`' "$(< "$scratch/rejected.log")"
  cp "$workspace/$user/build.rs" "$copy/$user/build.rs"
}

# The runner, with and without permission to create namespaces, and with the execution root at /.
# shellcheck disable=SC2016 # a placeholder of rules_rust
fixes_paths_of_build_scripts() {
  local runner directory="$scratch/runner" out="$scratch/runner/bazel-out/out"
  run_logged runner "the build script runner builds" in_copy build @rules_rust//cargo/cargo_build_script_runner
  runner="$(in_copy info execution_root 2> "$scratch/query.log")/$(in_copy cquery --output=files @rules_rust//cargo/cargo_build_script_runner 2> "$scratch/query.log")"
  mkdir -p "$directory/bazel-out/package"
  cp "$runner" "$directory/runner"
  cat > "$directory/script" <<'SCRIPT'
#!/bin/sh
printf %s "$OUT_DIR" > "$OUT_DIR/path"
printf '%s %s %s' "$OUT_DIR/path" "$CARGO_MANIFEST_DIR/source.c" "${CARGO_MANIFEST_DIR%/package}/root" > "$OUT_DIR/paths.rs"
echo "cargo:rustc-link-search=$OUT_DIR"
echo "cargo:rustc-env=VALUE=/usr $DEP_PATH"
mkdir "$OUT_DIR/links"
ln -s "$CARGO_MANIFEST_DIR/source.c" "$CARGO_MANIFEST_DIR" "$OUT_DIR/path" "$OUT_DIR/absent" "$OUT_DIR" "$OUT_DIR/links"
ln -s / "$OUT_DIR/links/root"
SCRIPT
  printf 'source\n' > "$directory/bazel-out/package/source.c"
  ln -s . "$directory/bazel-out/package/cycle"
  # shellcheck disable=SC2016 # a variable of the runner
  printf 'DEP_PATH=${pwd}/bazel-out/dep' > "$directory/dependency"
  chmod +x "$directory/script"
  local run=(env CARGO_MANIFEST_DIR=bazel-out/package RUSTC=rustc TARGET=x86_64-unknown-linux-musl ./runner --script=script --links=
    --out_dir=bazel-out/out --env_out=env --flags_out=flags --link_flags=link --link_search_paths=search --dep_env_out=dep --rundir=
    --input_dep_env_path=dependency)
  check_runner "in namespaces" "${run[@]}"
  check_equal "OUT_DIR is a fixed path" /usr/local/src/target/build/package/out "$(< "$out/path")"
  check_equal "there is no warning" "" "$(< "$scratch/runner.log")"
  rm -r "$out"
  # shellcheck disable=SC2016 # expanded in the namespace
  local limited=(sh -c 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"' sh "${run[@]}")
  check_runner "without namespaces" unshare --user --map-root-user "${limited[@]}"
  check_equal "without namespaces OUT_DIR is that of the sandbox" "$out" "$(< "$out/path")"
  check_contains "without namespaces a warning names the output" 'build script output "bazel-out/out/path" contains the path' "$(< "$scratch/runner.log")"
  rm -r "$out"
  check_runner "with the execution root at /" bwrap --unshare-user --uid 0 --gid 0 --cap-add ALL --bind . / --ro-bind /usr /usr --dev-bind /dev /dev --bind /proc /proc \
    --symlink usr/bin /bin --symlink usr/lib /lib --symlink usr/lib64 /lib64 "${limited[@]}"
  check_equal "with the execution root at / OUT_DIR has its path" /bazel-out/out "$(< "$out/path")"
  rm -r "$out"
  printf 'echo '"'"'cargo:rustc-env=VALUE=${pwd}/a'"'"'\n' >> "$directory/script"
  ! in_root "$directory" "${run[@]}" > "$scratch/runner.log" 2>&1 || check_failed "a value with the placeholder of rules_rust is rejected"
  check_contains "a value with the placeholder of rules_rust is rejected" 'unsupported output "VALUE=${pwd}/a"' "$(< "$scratch/runner.log")"
}

# check_runner LABEL COMMAND...: the command runs the build script; the test's variables `directory` and `out` name its directories.
check_runner() {
  local root=/proc/self/cwd/./.
  in_root "$directory" "${@:2}" > "$scratch/runner.log" 2>&1 || check_failed "the build script runner $1" "$(< "$scratch/runner.log")"
  # shellcheck disable=SC2016 # a variable of the process wrapper
  check_equal "$1: printed paths are mapped" '-L${pwd}/bazel-out/out VALUE=/usr ${pwd}/bazel-out/dep' "$(< "$directory/search") $(< "$directory/env")"
  check_equal "$1: paths in sources are those of compile actions" \
    "$root/bazel-out/out/path $root/bazel-out/package/source.c $root/bazel-out/root" "$(< "$out/paths.rs")"
  check_links "$1: copies replace symlinks to files outside OUT_DIR" "$out"
}

# check_links LABEL OUT_DIR: symlinks that are dangling or lead to a parent directory are removed, and the only others are in OUT_DIR.
check_links() {
  check_equal "$1" "links links/package links/package/source.c links/path links/source.c path paths.rs" \
    "$(find "$2" -mindepth 1 -printf '%P\n' | LC_ALL=C sort | paste --serial --delimiters ' ')"
  check_equal "symlinks to files in OUT_DIR are relative" "links/path ./../path" "$(find "$2" -type l -printf '%P %l\n')"
}

# in_root DIRECTORY COMMAND...: runs a command in the build root.
# shellcheck disable=SC2016 # expanded there
in_root() { "$copy/tools/distro/shell" sh -c 'cd "$1" && shift && exec "$@"' sh "$@"; }

carries_cargo_config() {
  local user=tools/rust/tests/build_script
  # shellcheck disable=SC2016 # a variable's value
  printf '[env]\nPLAIN = "it'"'"'s $x"\nROOT = { value = "", relative = true }\n' > "$copy/.cargo/config.toml"
  cat >> "$copy/$user/src/lib.rs" <<'RUST'

#[test]
fn sees_cargo_config() {
    assert_eq!(env!("PLAIN"), "it's $x");
    assert_eq!(std::env::var("PLAIN").unwrap(), "it's $x");
    assert_eq!(env!("ROOT"), std::env::var("ROOT").unwrap());
    assert_eq!(concat!(env!("ROOT"), "tools/rust/tests/build_script"), env!("CARGO_MANIFEST_DIR"));
    assert!(std::path::Path::new(concat!(env!("ROOT"), "tools/rust/tests/build_script/data")).is_dir());
}
RUST
  sed -i 's|^fn main() {|&\n    assert_eq!(env::var("PLAIN").unwrap(), env!("PLAIN"));\n    assert!(Path::new(\&env::var("ROOT").unwrap()).is_absolute());|' "$copy/$user/build.rs"
  run_logged config "[env] of .cargo/config.toml applies" in_copy test "//$user:cargo_build_script_test"
  passed "[env] of .cargo/config.toml applies"
  printf '[build]\nrustflags = ["--cfg=a"]\n' > "$copy/.cargo/config.toml"
  check_rejected "an unsupported key of cargo's configuration" '.cargo/config.toml: unsupported key "build.rustflags"' query "//$crate:all"
  sed -i '0,/^thimble.workspace($/s//&\n    ignored_cargo_config = ["build.rustflags"],/' "$copy/MODULE.bazel"
  run_logged ignored "an ignored key of cargo's configuration" in_copy query "//$crate:all"
  passed "an ignored key of cargo's configuration"
}

# A sparse registry on the loopback that requires a token for the index and for crates.
start_registry() {
  local registry="$scratch/registry" package="$scratch/team-hex" version=0.1.0+build.1 checksum
  mkdir -p "$registry/index/te/am" "$package/src"
  cat > "$package/Cargo.toml" <<TOML
[package]
name = "team-hex"
version = "$version"
edition = "2024"
rust-version = "1.85"
authors = ["Zoë <zoe@example.org>", "Second"]
description = "It's \$1"
homepage = "https://example.org"
license = "MIT"
repository = "https://example.org/hex"
TOML
  # The build script verifies that it and the library have the same variables, at compile time and at run time.
  cat > "$package/src/package.rs" <<'RUST'
macro_rules! package {
    ($($name:literal)*) => {
        pub const PACKAGE: &[(&str, &str)] = &[$((concat!("CARGO_PKG_", $name), env!(concat!("CARGO_PKG_", $name)))),*];
    };
}
package!("NAME" "AUTHORS" "DESCRIPTION" "HOMEPAGE" "LICENSE" "LICENSE_FILE" "README" "REPOSITORY" "RUST_VERSION" "VERSION" "VERSION_PATCH" "VERSION_PRE");
RUST
  printf 'include!("src/package.rs");\nfn main() {\n    for (name, value) in PACKAGE {\n        assert_eq!(std::env::var(name).as_deref(), Ok(*value), "{name}");\n    }\n    println!("cargo::rustc-env=FROM_SCRIPT={PACKAGE:?}");\n}\n' > "$package/build.rs"
  printf 'include!("package.rs");\npub const FROM_SCRIPT: &str = env!("FROM_SCRIPT");\npub fn hex(number: u32) -> String {\n    format!("{number:x}")\n}\n' > "$package/src/lib.rs"
  in_root "$package" cargo package --allow-dirty --no-verify --target-dir "$scratch/package" > "$scratch/package.log" 2>&1 ||
    check_failed "cargo package" "$(tail -n 5 "$scratch/package.log")"
  mv "$scratch/package/package/team-hex-$version.crate" "$registry/"
  checksum="$(sha256sum "$registry/team-hex-$version.crate")"
  printf '{"name": "team-hex", "vers": "%s", "deps": [], "cksum": "%s", "features": {}, "yanked": false}\n' "$version" "${checksum%% *}" > "$registry/index/te/am/team-hex"
  start_mirror "$registry" secret
  printf '{"dl": "http://%s/{crate}-{version}.crate", "auth-required": true}\n' "$address" > "$registry/index/config.json"
}

builds_crate_of_private_registry() {
  local user=tools/rust/tests/build_script
  start_registry
  mkdir "$copy/.cargo"
  # The wrapper, which does not exist in the build root, must not reach crate_universe.
  printf '[build]\nrustc-wrapper = "/nonexistent"\n\n[registries.team]\ncredential-provider = "cargo:token"\nindex = "sparse+http://%s/index/"\n' "$address" > "$copy/.cargo/config.toml"
  write_credential_helper "$copy/credentials" secret
  printf '\n[dependencies]\nteam-hex = { version = "0.1", registry = "team" }\n' >> "$copy/$user/Cargo.toml"
  cat >> "$copy/$user/src/lib.rs" <<'RUST'

#[test]
fn uses_private_registry() {
    assert_eq!(team_hex::hex(255), "ff");
    assert_eq!(team_hex::FROM_SCRIPT, format!("{:?}", team_hex::PACKAGE));
    let values: Vec<_> = team_hex::PACKAGE.iter().map(|(_, value)| *value).collect();
    assert_eq!(
        values.join("|"),
        "team-hex|Zoë <zoe@example.org>:Second|It's $1|https://example.org|MIT|||https://example.org/hex|1.85|0.1.0+build.1|0|"
    );
}
RUST
  check_rejected "a private registry without a token" "no token found for \`team\`" test "//$user:cargo_build_script_test"
  CARGO_REGISTRIES_TEAM_TOKEN="Bearer secret" run_logged registry "a crate of a private registry builds, with cargo's variables" \
    in_copy test "--credential_helper=${address%:*}=%workspace%/credentials" "//$user:cargo_build_script_test"
  passed "a crate of a private registry builds, with cargo's variables"
  restore_copy "$user"
  cp "$workspace/Cargo.lock" "$copy"
}

updates_snapshots() {
  local snapshot=tools/rust/tests/files/tests/snapshots/snapshot__greeting.snap
  sed -i 's/^hello$/other/' "$copy/$snapshot"
  ! in_copy test //tools/rust/tests/files:cargo_files_snapshot_test > "$scratch/rejected.log" 2>&1 || check_failed "a different snapshot fails"
  check_contains "a different snapshot fails" "cargo_files_snapshot_test" "$(< "$scratch/rejected.log")"
  run_logged run "bazel run of the test" in_copy run //tools/rust/tests/files:cargo_files_snapshot_test
  check_equal "bazel run updates the snapshot" "hello" "$(tail -n 1 "$copy/$snapshot")"
}

runs_benches_and_examples() {
  run_logged run "bazel run of an example" in_copy run //tools/rust/tests/files:cargo_files_show_example
  check_equal "an example includes and reads files of its package" "<p>page</p>" "$(tail -n 1 "$scratch/run.log")"
  run_logged run "bazel run of a bench" in_copy run //tools/rust/tests/files:cargo_files_length_bench -- length
  check_equal "a bench runs with cargo's arguments and a program of its package" "measured --bench length" "$(tail -n 1 "$scratch/run.log")"
}

# Forks that are no members: a path dependency, a patch, and one that is not used. A dependency on a package without a library.
accepts_forks_and_resolver_3() {
  mkdir -p "$copy"/third_party/{fork,hex,itoa}/src "$copy/tools/rust/tests/program/src"
  printf '[package]\nname = "program"\nedition = "2024"\n' > "$copy/tools/rust/tests/program/Cargo.toml"
  printf 'fn main() {}\n' > "$copy/tools/rust/tests/program/src/main.rs"
  printf '[package]\nname = "itoa"\nversion = "99.0.0"\nedition = "2024"\n' > "$copy/third_party/itoa/Cargo.toml"
  touch "$copy/third_party/itoa/src/lib.rs"
  printf '[package]\nname = "fork"\nedition = "2024"\n\n[dependencies]\nhex = "0.4"\n' > "$copy/third_party/fork/Cargo.toml"
  printf 'pub use hex::encode;\n' > "$copy/third_party/fork/src/lib.rs"
  printf '[package]\nname = "hex"\nversion = "0.4.3"\nedition = "2024"\n\n[features]\ndefault = []\nalloc = []\n' > "$copy/third_party/hex/Cargo.toml"
  printf 'pub fn encode(_: [u8; 1]) -> &%sstatic str {\n    "patched"\n}\n' "'" > "$copy/third_party/hex/src/lib.rs"
  sed -i 's/^resolver = "2"$/resolver = "3"\nexclude = ["third_party"]/' "$copy/Cargo.toml"
  printf '\n[patch.crates-io]\nhex = { path = "third_party/hex" }\nitoa = { path = "third_party/itoa" }\n' >> "$copy/Cargo.toml"
  printf '\n[dev-dependencies]\nfork = { path = "../../../../third_party/fork" }\nother = { path = "../program", package = "program" }\n' >> "$copy/$crate/Cargo.toml"
  printf '\n#[test]\nfn uses_fork() {\n    assert_eq!(fork::encode([10]), "patched");\n}\n' >> "$copy/$crate/src/lib.rs"
  run_logged fork "a path dependency and a patch outside the workspace" in_copy test --test_arg=uses_fork "//$crate:cargo_features_test"
  passed "a path dependency and a patch outside the workspace, with resolver 3"
  check_contains "an unused patch is reported" 'unused [patch] "itoa 99.0.0"' "$(< "$scratch/fork.log")"
  check_contains "a dependency without a library is reported" "$crate/Cargo.toml: ignoring dependency \"other\": no library in" "$(< "$scratch/fork.log")"
  notices_changed_patch
  reports_member_without_build_file
  rejects_nested_workspace
  rm -r "$copy/third_party" "$copy/tools/rust/tests/program"
  cp "$workspace"/Cargo.{lock,toml} "$copy"
  restore_copy "$crate"
}

# Its BUILD file is generated from Cargo.toml, and depends on whether build.rs exists.
notices_changed_patch() {
  local patch
  patch="$(in_copy query "filter('__hex-0.4.3//:hex$', deps(//$crate:cargo_features_test_program))" 2> "$scratch/query.log")"
  printf 'fn main() {}\n' > "$copy/third_party/hex/build.rs"
  run_logged script "a new build script of a patch" in_copy query "${patch%:*}:all"
  check_contains "a new build script of a patch is noticed" "${patch%:*}:build_script_build" "$(< "$scratch/script.log")"
  sed -i 's/^default = .*/default = ["extra"]\nextra = []/' "$copy/third_party/hex/Cargo.toml"
  run_logged feature "a changed Cargo.toml of a patch" in_copy query --output=build "$patch"
  check_contains "a changed Cargo.toml of a patch is noticed" '"extra"' "$(< "$scratch/feature.log")"
}

# A member in a directory that no pattern lists, and a README that cargo discovers for the workspace.
notices_new_manifest() {
  local packages="$copy/tools/rust"
  mkdir -p "$packages/private/later/src"
  touch "$packages/private/later/src/lib.rs"
  printf '[package]\nname = "first"\nedition = "2021"\n' > "$packages/private/later/Cargo.toml"
  sed -i 's|^members = \[$|&\n    "tools/rust/*/later",|' "$copy/Cargo.toml"
  run_logged later "a pattern that ends with a name" in_copy query "//$crate:all"
  mkdir -p "$packages/tests/later/src"
  printf 'pub fn readme() -> &%sstatic str {\n    env!("CARGO_PKG_README")\n}\n#[test]\nfn inherits_readme() {\n    assert_eq!(readme(), "../../../../README.md");\n}\n' "'" > "$packages/tests/later/src/lib.rs"
  printf '[package]\nname = "later"\nedition = "2021"\nreadme.workspace = true\n' > "$packages/tests/later/Cargo.toml"
  printf 'load("//tools/rust:defs.bzl", "rust_crate")\n\nrust_crate(name = "later")\n' > "$packages/tests/later/BUILD.bazel"
  run_logged later "a member in a directory that no pattern lists" in_copy test //tools/rust/tests/later:later_test
  passed "a member in a directory that no pattern lists is noticed, with the README of the workspace"
  check_contains "Cargo.lock has the new member" 'name = "later"' "$(< "$copy/Cargo.lock")"
  rm -r "$packages"/{private,tests}/later
  cp "$workspace"/Cargo.{lock,toml} "$copy"
}

# The message contains a command.
reports_member_without_build_file() {
  local member=tools/rust/tests/program message
  message="$member/Cargo.toml: member without a BUILD file"
  check_contains "a member without a BUILD file is reported" "$message" "$(< "$scratch/fork.log")"
  ! in_copy query --config=ci "//$crate:all" > "$scratch/rejected.log" 2>&1 || check_failed "--config=ci rejects a member without a BUILD file"
  check_contains "--config=ci rejects a member without a BUILD file" "$message" "$(< "$scratch/rejected.log")"
  (cd "$copy" && bash -c "$(grep --max-count=1 "^ *printf .* > $member/BUILD.bazel$" "$scratch/rejected.log")")
  run_logged program "the command in the message" in_copy test --config=ci "//$member:all"
  passed "the command in the message creates a BUILD file"
}

# As crate_universe does on the open network.
rejects_nested_workspace() {
  sed -i '1i [workspace]\n' "$copy/third_party/fork/Cargo.toml"
  ! in_copy query @thimble_crates//:all > "$scratch/rejected.log" 2>&1 || check_failed "a path dependency that is the root of a workspace is rejected"
  check_contains "a path dependency that is the root of a workspace is rejected" "multiple workspace roots found in the same workspace" "$(< "$scratch/rejected.log")"
}

# A package at the root of the repository, which contains symlinks to the outputs of earlier builds, and a crate that depends on it.
accepts_package_at_root() {
  mkdir "$copy/.git" "$copy/src"
  touch "$copy/.env" "$copy/.git/HEAD" "$copy/src/lib.rs"
  printf '\n[package]\nname = "root"\nedition = "2021"\n' >> "$copy/Cargo.toml"
  sed -i -e 's/^members = \[$/&\n    ".",/' -e 's/^\[workspace\]$/[ workspace ]/' "$copy/Cargo.toml"
  printf '\n[dev-dependencies]\nroot = { path = "../../../.." }\n' >> "$copy/$crate/Cargo.toml"
  printf '\nload("//tools/rust:defs.bzl", "rust_crate")\n\nrust_crate(name = "root")\n' >> "$copy/BUILD.bazel"
  run_logged root "a package at the root" in_copy query "labels(data, //:root_test) + labels(deps, //$crate:cargo_features_test_program)"
  check_contains "a crate depends on the package at the root" //:crate "$(< "$scratch/root.log")"
  check_contains "the files of a package at the root are inputs" //:Cargo.toml "$(< "$scratch/root.log")"
  check_equal "those of git and Bazel are not" "" "$(grep -E '^//:(\.git/|bazel-|target/)' "$scratch/root.log" || true)"
  check_contains "tests find .env" //:.env "$(< "$scratch/root.log")"
  run_logged compile "files of compile actions" in_copy query "labels(compile_data, //:root)"
  check_equal "compile actions do not" "" "$(grep --fixed-strings .env "$scratch/compile.log" || true)"
}

main() {
  need_packages python3
  open_copy
  matches_cargo_metadata
  rejects_manifests
  detects_failing_tests
  detects_failing_macro_test
  reads_files_of_build_dependencies
  writes_absolute_paths
  checks_build_script_output
  fixes_paths_of_build_scripts
  builds_crate_of_private_registry
  carries_cargo_config
  updates_snapshots
  runs_benches_and_examples
  accepts_forks_and_resolver_3
  notices_new_manifest
  accepts_package_at_root
  report_checks
}

main
