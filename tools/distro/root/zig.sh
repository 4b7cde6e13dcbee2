#!/usr/bin/env bash
# The C side of the musl toolchain: zig's clang and lld, and a folder of what a static program links with.
# Nothing of it is built at link time: zig would build its libc on the first link of every sandbox.
# Runs in the root. Usage: zig.sh DIR
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly out="$1"
readonly arch=x86_64
readonly debian_musl=/usr/lib/x86_64-linux-musl
readonly scratch="$out/scratch"

fetch() {
  mkdir -p "$scratch"
  pip download --quiet --no-deps --require-hashes --dest "$scratch" --requirement "$here/zig.requirements.txt"
  python3 -m zipfile --extract "$scratch"/ziglang-*.whl "$scratch"
  mv "$scratch/ziglang/zig" "$scratch/ziglang/LICENSE" "$out/"
  chmod 755 "$out/zig"
}

headers() {
  local lib="$scratch/ziglang/lib"
  mkdir -p "$out/$arch/include"
  cp -r "$lib/include" "$out/clang-include"
  cp -r "/usr/include/$arch-linux-musl/." "$out/$arch/include"
  cp -r "$lib/libc/include/any-linux-any/." "$lib/libc/include/x86-linux-any/." "$out/$arch/include"
}

unwind() {
  local sources="$scratch/ziglang/lib/libunwind" objects="$scratch/unwind" source
  mkdir -p "$objects"
  for source in libunwind.cpp UnwindLevel1.c UnwindLevel1-gcc-ext.c UnwindRegistersRestore.S UnwindRegistersSave.S gcc_personality_v0.c; do
    local language=(-std=c11)
    case "$source" in
      *.cpp) language=(-std=c++17 -fno-exceptions -fno-rtti -nostdinc++) ;;
      *.S) language=() ;;
    esac
    "$out/zig" clang -target "$arch-unknown-linux-musl" -nostdinc -isystem "$out/clang-include" -isystem "$out/$arch/include" \
      -I "$sources/include" "${language[@]}" -O2 -fPIC -funwind-tables -fstrict-aliasing -fvisibility=hidden -DNDEBUG \
      -D_LIBUNWIND_IS_NATIVE_ONLY -D_LIBUNWIND_HIDE_SYMBOLS -c "$sources/src/$source" -o "$objects/$source.o"
  done
  "$out/zig" ar rcsD "$out/$arch/lib/libunwind.a" "$objects"/*.o
  # Rust's std asks for the unwinder under the name that GCC gives it.
  cp "$out/$arch/lib/libunwind.a" "$out/$arch/lib/libgcc_eh.a"
}

builtins() {
  local lib="$scratch/ziglang/lib"
  ZIG_GLOBAL_CACHE_DIR="$scratch/cache" ZIG_LOCAL_CACHE_DIR="$scratch/cache" "$out/zig" build-obj --zig-lib-dir "$lib" "$lib/compiler_rt.zig" \
    -target "$arch-linux-musl" -OReleaseFast -fPIC -fstrip -ffunction-sections --name compiler_rt -femit-bin="$scratch/compiler_rt.o"
  # Archived apart: build-lib would name the member after a random folder.
  "$out/zig" ar rcsD "$out/$arch/lib/libcompiler_rt.a" "$scratch/compiler_rt.o"
}

main() {
  fetch
  headers
  mkdir -p "$out/$arch/lib"
  cp "$debian_musl"/{rcrt1.o,crti.o,crtn.o,libc.a} "$out/$arch/lib/"
  # musl keeps everything in libc.a; these names exist for programs that ask for them.
  cp "$debian_musl"/lib{m,pthread,dl,rt,util,resolv,xnet}.a "$out/$arch/lib/"
  unwind
  builtins
  rm -rf "$scratch"
}

main
