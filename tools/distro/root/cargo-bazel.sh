#!/usr/bin/env bash
# crate_universe's generator, built from Debian's rules_rust. Runs in the root. Usage: cargo-bazel.sh DIR
set -o errexit -o nounset -o pipefail

readonly out="$1"
readonly scratch=/scratch

# cargo-bazel compares the given manifests with the text of `members`. rules_rust 0.73 also accepts patterns there, and path
# dependencies, which are implicit members; workspace_tags.bzl gets the members from cargo.
accept_all_members() {
  local splicer=src/splicing/splicer.rs
  sed -i \
    -e 's/if !external_workspace_members\.is_empty() {/if false {/' \
    -e "/fn find_missing_manifests/,/collect::/ s/\.iter()/&.filter(|member| !member.contains(['*', '?', '[']))/" \
    "$splicer"
  if [[ "$(grep --count --fixed-strings -e 'if false {' -e '.filter(|member| !member.contains' "$splicer")" != 2 ]]; then
    printf 'cargo-bazel.sh: cannot edit %s: Debian has another release of rules_rust\n' "$splicer" >&2
    exit 1
  fi
}

# rules_rust 0.73 supports crates at a path of the workspace that are not its members. The path replaces the URL, and
# local_crates.bzl reads it.
accept_local_crates() {
  local annotation=src/metadata/metadata_annotation.rs
  # shellcheck disable=SC2016 # Rust code
  sed -i --null-data 's/None => bail!(\n *"The package [^,]*has no source info[^)]*),/None => {\
                    let directory = pkg.manifest_path.with_file_name("");\
                    let directory = directory.strip_prefix(\&metadata.workspace_root).unwrap_or(\&directory);\
                    return Ok(SourceAnnotation::Http {\
                        url: format!("path:{directory}"),\
                        sha256: None,\
                        patch_args: None,\
                        patch_tool: None,\
                        patches: None,\
                    });\
                }/' "$annotation"
  if [[ "$(grep --count 'format!("path:{directory}")' "$annotation")" != 1 ]]; then
    printf 'cargo-bazel.sh: cannot edit %s: Debian has another release of rules_rust\n' "$annotation" >&2
    exit 1
  fi
}

# The release of crates-index that Debian's copy uses does not find the directories in which cargo 1.85 and later keep the indexes of
# registries. Without git, whose implementation takes a fifth of the stage's time, only sparse registries are supported.
read_sparse_indexes() {
  local lookup=src/splicing/crate_index_lookup.rs
  sed -i --null-data 's/crates-index = {[^}]*}/crates-index = { version = "=3.14.2", default-features = false, features = ["sparse"] }/' Cargo.toml
  sed -i -e 's/crates_index::GitIndex/crate::splicing::crate_index_lookup::GitIndex/' \
    -e 's/crates_index::SparseIndex::from_url/crate::splicing::crate_index_lookup::sparse_index/' "$lookup" src/splicing.rs
  cat >> "$lookup" <<'RUST'

pub(crate) fn sparse_index(url: &str) -> Result<crates_index::SparseIndex, crates_index::Error> {
    crates_index::SparseIndex::from_url_with_hash_kind(url, &crates_index::HashKind::Stable)
}

pub(crate) enum GitIndex {}

impl GitIndex {
    pub(crate) fn from_url(url: &str) -> Result<Self> {
        anyhow::bail!("the index of registry {url} is a git repository: expected a sparse index, as in `index = \"sparse+https://...\"`")
    }

    pub(crate) fn index_config(&self) -> Result<IndexConfig, crates_index::Error> {
        match *self {}
    }

    fn crate_(&self, _name: &str) -> Option<crates_index::Crate> {
        match *self {}
    }
}
RUST
  if [[ "$(grep --count '=3\.14\.2' Cargo.toml)/$(grep --count 'lookup::GitIndex' "$lookup" src/splicing.rs | xargs)/$(grep --count 'lookup::sparse_index' src/splicing.rs)" != "1/$lookup:1 src/splicing.rs:1/3" ]]; then
    printf 'cargo-bazel.sh: cannot change the indexes of %s: Debian has another release of rules_rust\n' "$PWD" >&2
    exit 1
  fi
}

# The release of cargo_toml that Debian's copy uses rejects `resolver = "3"`.
accept_resolver_3() {
  sed -i 's/^cargo_toml = .*/cargo_toml = "=0.21.0"/' Cargo.toml
  if ! grep --quiet '^cargo_toml = "=0\.21\.0"' Cargo.toml; then
    printf 'cargo-bazel.sh: cannot edit Cargo.toml: Debian has another release of rules_rust\n' >&2
    exit 1
  fi
}

# cargo-bazel runs `cargo tree` for each pair of a host and a target triple. No action of this root runs on the hosts that are omitted.
omit_other_hosts() {
  local resolver=src/metadata/cargo_tree_resolver.rs
  sed -i -e '/^const RUSTC_TRIPLES_WITH_HOST_TOOLS/,/^];/ {
      s/\[&str; [0-9]*\] = \[/\&[\&str] = \&[/
      /^ *"/ { /x86_64-unknown-linux-gnu/!d }
    }' "$resolver"
  if [[ "$(grep --count '^const RUSTC_TRIPLES_WITH_HOST_TOOLS: &\[&str\]' "$resolver")" != 1 ]]; then
    printf 'cargo-bazel.sh: cannot edit %s: Debian has another release of rules_rust\n' "$resolver" >&2
    exit 1
  fi
}

# rules_rust 0.73 sets CARGO_PKG_* from the Cargo.toml of a crate; 0.54 sets the version, the target's name, and other variables to "".
set_package_variables() {
  local context=src/context/crate_context.rs starlark=src/utils/starlark.rs
  sed -i \
    -e 's/^            version: package\.version\.to_string(),$/&\n            rustc_env: package_variables(package),/' \
    -e 's/^                links: package\.links\.clone(),$/&\n                rustc_env: package_variables(package),\n                build_script_env: package_variables(package),/' \
    "$context"
  cat >> "$context" <<'RUST'

fn package_variables(package: &Package) -> Select<BTreeMap<String, String>> {
    // cargo_metadata completes `rust-version`, as in "1.60.0" for "1.60".
    let manifest = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
    let rust_version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'));
    let variables = [
        ("AUTHORS", package.authors.join(":")),
        ("DESCRIPTION", package.description.clone().unwrap_or_default().replace('\n', " ")),
        ("HOMEPAGE", package.homepage.clone().unwrap_or_default()),
        ("LICENSE", package.license.clone().unwrap_or_default()),
        ("LICENSE_FILE", package.license_file.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("NAME", package.name.clone()),
        ("README", package.readme.as_ref().map(ToString::to_string).unwrap_or_default()),
        ("REPOSITORY", package.repository.clone().unwrap_or_default()),
        ("RUST_VERSION", rust_version.map(ToString::to_string).or(package.rust_version.as_ref().map(ToString::to_string)).unwrap_or_default()),
        ("VERSION_PATCH", package.version.patch.to_string()),
        ("VERSION_PRE", package.version.pre.to_string()),
    ];
    Select::from_value(variables.into_iter().map(|(name, value)| (format!("CARGO_PKG_{name}"), value.replace('$', "$$"))).collect())
}
RUST
  # Bazel encodes the text of these files twice, so only ASCII is unchanged.
  sed -i 's/^            content\.push_str(&serde_starlark::to_string(call)?);$/            for byte in serde_starlark::to_string(call)?.bytes() {\
                if byte.is_ascii() {\
                    content.push(char::from(byte));\
                } else {\
                    content.push_str(\&format!("\\\\{byte:03o}"));\
                }\
            }/' "$starlark"
  if [[ "$(grep --count ' package_variables(package),' "$context")/$(grep --count 'byte:03o' "$starlark")" != 3/1 ]]; then
    printf 'cargo-bazel.sh: cannot set CARGO_PKG_*: Debian has another release of rules_rust\n' >&2
    exit 1
  fi
}

main() {
  cp -r /usr/share/bazel/rules/rust/crate_universe "$scratch/source"
  cd "$scratch/source"
  accept_all_members
  accept_local_crates
  read_sparse_indexes
  accept_resolver_3
  omit_other_hosts
  set_package_variables
  # Unoptimized and without checks, because compiling takes longer than the program ever runs.
  CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" CARGO_INCREMENTAL=0 \
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_PROFILE_DEV_DEBUG_ASSERTIONS=false CARGO_PROFILE_DEV_OVERFLOW_CHECKS=false CARGO_PROFILE_DEV_PANIC=abort \
    cargo build --bin cargo-bazel
  mv "$scratch/target/debug/cargo-bazel" "$out/cargo-bazel"
  strip "$out/cargo-bazel"
}

main
