#!/usr/bin/env bash
# crate_universe's generator, built from Debian's rules_rust. Runs in the root. Usage: cargo-bazel.sh DIR
set -o errexit -o nounset -o pipefail

readonly out="$1"
readonly scratch=/scratch

main() {
  cp -r /usr/share/bazel/rules/rust/crate_universe "$scratch/source"
  cd "$scratch/source"
  # Without optimisation: it runs for a second or two a build, and compiling it is most of this step.
  CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 cargo build --locked --bin cargo-bazel
  mv "$scratch/target/debug/cargo-bazel" "$out/cargo-bazel.bin"
  strip "$out/cargo-bazel.bin"
  # It looks for the registry's index under the hash that older cargos gave its directory.
  cat > "$out/cargo-bazel" <<'WRAPPER'
#!/usr/bin/env bash
for index in "$CARGO_HOME"/registry/index/*-1949cf8c6b5b557f; do
  [[ ! -d "$index" ]] || ln -sfn "${index##*/}" "${index%-*}-6f17d22bba15001f"
done
exec /thimble/cargo-bazel/cargo-bazel.bin "$@"
WRAPPER
  chmod 755 "$out/cargo-bazel"
}

main
