#!/usr/bin/env bash
# Rust's std for a musl target, from the sources that Debian packages with its rustc. Runs in the root.
# Usage: rust-std.sh DIR TARGET_TRIPLE
set -o errexit -o nounset -o pipefail

readonly out="$1" target="$2"
readonly scratch="$out/scratch"

main() {
  mkdir -p "$scratch" "$out/lib"
  cp -r /usr/src/rustc-*/library "$scratch/library"
  # panic_abort alone is compiled for panic=abort, or a program that asks for it doesn't link.
  cat > "$scratch/rustc" <<'WRAPPER'
#!/bin/sh
case " $* " in
  *" --crate-name panic_abort "*) exec "$@" -Cpanic=abort ;;
  *) exec "$@" ;;
esac
WRAPPER
  chmod 755 "$scratch/rustc"
  cd "$scratch/library/sysroot"
  # The flags that rust's own bootstrap gives the std of a release.
  RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$scratch/rustc" CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cforce-unwind-tables=yes -Cembed-bitcode=yes -Cdebuginfo=0 --remap-path-prefix=$scratch/library=/rustc/std" \
    cargo build --offline --release --target "$target" --features panic-unwind,backtrace
  mv "$scratch/target/$target/release/deps"/*.rlib "$out/lib/"
  # The test harness and std as one library are made by name, not by hash.
  find "$scratch/target/$target/release/deps" -name '*.rmeta' -delete
  rm -rf "$scratch"
}

main
