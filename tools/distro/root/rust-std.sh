#!/usr/bin/env bash
# Rust's std for the targets of platforms.list, from the sources that Debian packages with its rustc: TRIPLE/lib for
# each. Runs in the root. Usage: rust-std.sh DIR
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly out="$1"
readonly scratch=/scratch

main() {
  local triple triples=() targets=()
  while read -r _ _ triple; do
    triples+=("$triple")
    targets+=(--target "$triple")
  done < <(sed 's/#.*//; /^ *$/d' "$here/platforms.list")
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
  # All targets in one call: cargo keeps every core busy with one where another waits for a single crate.
  # The flags that rust's own bootstrap gives the std of a release; without its feature `backtrace`, which is 200 kB of a program
  # and finds no names in one without symbols. A panic tells its place all the same.
  RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$scratch/rustc" CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cforce-unwind-tables=yes -Cembed-bitcode=yes -Cdebuginfo=0 --remap-path-prefix=$scratch/library=/rustc/std" \
    cargo build --offline --release "${targets[@]}" --features panic-unwind
  for triple in "${triples[@]}"; do
    mkdir -p "$out/$triple/lib"
    mv "$scratch/target/$triple/release/deps"/*.rlib "$out/$triple/lib/"
  done
}

main
