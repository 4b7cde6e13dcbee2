#!/usr/bin/env bash
# Builds Rust's std for the targets of platforms.list, from the sources of Debian's rustc, in TRIPLE/lib.
# Runs in the root. Usage: rust-std.sh DIR
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly out="$1"
readonly scratch=/scratch

main() {
  local triple crate triples=() targets=() unoptimized=()
  while read -r _ _ triple; do
    triples+=("$triple")
    targets+=(--target "$triple")
  done < <(sed 's/#.*//; /^ *$/d' "$here/platforms.list")
  cp -r /usr/src/rustc-*/library "$scratch/library"
  # Only panic_abort is compiled for panic=abort; otherwise programs with panic=abort do not link.
  cat > "$scratch/rustc" <<'WRAPPER'
#!/bin/sh
case " $* " in
  *" --crate-name panic_abort "*) exec "$@" -Cpanic=abort ;;
  *) exec "$@" ;;
esac
WRAPPER
  chmod 755 "$scratch/rustc"
  cd "$scratch/library/sysroot"
  # No service contains code of these crates, so optimizing them would only take time.
  for crate in test proc_macro getopts; do unoptimized+=(--config "profile.release.package.$crate.opt-level=0"); done
  # All targets in one call, so that cargo compiles one while another waits for a single crate.
  # The flags of rust's bootstrap for a release, without the feature `backtrace`: it enlarges programs and resolves no names in a
  # stripped one. A panic message includes its location regardless.
  RUSTC_BOOTSTRAP=1 RUSTC_WRAPPER="$scratch/rustc" CARGO_HOME="$scratch/cargo" CARGO_TARGET_DIR="$scratch/target" \
    RUSTFLAGS="-Zforce-unstable-if-unmarked -Cforce-unwind-tables=yes -Cembed-bitcode=yes -Cdebuginfo=0 --remap-path-prefix=$scratch/library=/rustc/std" \
    cargo build --offline --release "${targets[@]}" "${unoptimized[@]}" --features panic-unwind
  for triple in "${triples[@]}"; do
    mkdir -p "$out/$triple/lib"
    mv "$scratch/target/$triple/release/deps"/*.rlib "$out/$triple/lib/"
  done
}

main
