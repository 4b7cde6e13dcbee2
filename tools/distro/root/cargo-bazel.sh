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

main() {
  cp -r /usr/share/bazel/rules/rust/crate_universe "$scratch/source"
  cd "$scratch/source"
  accept_all_members
  accept_local_crates
  # Unoptimized, because compiling takes longer than the program ever runs.
  CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 cargo build --locked --bin cargo-bazel
  mv "$scratch/target/debug/cargo-bazel" "$out/cargo-bazel.bin"
  strip "$out/cargo-bazel.bin"
  # cargo names the directory of a registry's index by a hash. cargo-bazel computes the hash of older releases, so the wrapper links
  # that name to the directory, before cargo downloads anything.
  (cd "$scratch/cargo/registry/index" && printf '%s\n' *) > "$out/index"
  cat > "$out/cargo-bazel" <<'WRAPPER'
#!/usr/bin/env bash
set -o errexit -o nounset -o pipefail
readonly indexes="$CARGO_HOME/registry/index"
while read -r index; do
  mkdir -p "$indexes/$index"
  ln -sfn "$index" "$indexes/${index%-*}-6f17d22bba15001f"
done < /thimble/cargo-bazel/index
exec /thimble/cargo-bazel/cargo-bazel.bin "$@"
WRAPPER
  chmod 755 "$out/cargo-bazel"
}

main
