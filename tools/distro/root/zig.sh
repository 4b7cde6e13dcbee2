#!/usr/bin/env bash
# The C part of the musl toolchains: zig's clang and lld, and for each CPU a directory of static libraries and crt objects.
# They are prebuilt because zig would otherwise build its libc on the first link in every sandbox.
# Runs in the root. Usage: zig.sh DIR
set -o errexit -o nounset -o pipefail

readonly here="${BASH_SOURCE[0]%/*}"
readonly out="$1"
readonly scratch=/scratch

# shellcheck source=/dev/null
source "$here/libcxx.sh"

fetch() {
  pip download --quiet --no-deps --require-hashes --dest "$scratch" --requirement "$here/zig.requirements.txt"
  # Extracts only the files in use: writing and removing the others takes longer than the whole stage.
  python3 - "$scratch"/ziglang-*.whl "$scratch" << 'PYTHON'
import re
import sys
import zipfile

USED = re.compile(r"ziglang/(zig|LICENSE|lib/(compiler_rt|compiler_rt\.zig|include|libcxx|libcxxabi|libunwind|std|libc/include/[^/]*-linux-any)(/.*)?)$")
with zipfile.ZipFile(sys.argv[1]) as wheel:
    wheel.extractall(sys.argv[2], [name for name in wheel.namelist() if USED.match(name)])
PYTHON
  mv "$scratch/ziglang/zig" "$scratch/ziglang/LICENSE" "$out/"
  chmod 755 "$out/zig"
  cp -r "$scratch/ziglang/lib/include" "$out/clang-include"
}

# musl DEBIAN_ARCHITECTURE CPU: libc, crt objects and headers.
musl() {
  local musl="$scratch/$2-musl" arch="$2" libc="$scratch/ziglang/lib/libc/include" kernel=
  mkdir -p "$out/$arch/include" "$out/$arch/lib"
  dpkg-deb --extract "/usr/share/thimble/debs/$1"/musl-dev_*.deb "$musl"
  cp "$musl/usr/lib/$arch-linux-musl"/{rcrt1.o,crti.o,crtn.o,libc.a} "$out/$arch/lib/"
  # musl has all symbols in libc.a; these empty libraries satisfy -lm, -lpthread etc.
  cp "$musl/usr/lib/$arch-linux-musl"/lib{m,pthread,dl,rt,util,resolv,xnet}.a "$out/$arch/lib/"

  # The kernel's names: x86 for x86_64, riscv for riscv64.
  for kernel in "$arch" "${arch%_64}" "${arch%64}"; do
    if [[ -d "$libc/$kernel-linux-any" ]]; then break; fi
  done
  cp -r "$musl/usr/include/$arch-linux-musl/." "$libc/any-linux-any/." "$libc/$kernel-linux-any/." "$out/$arch/include"
}

# unwind CPU
unwind() {
  local arch="$1" sources="$scratch/ziglang/lib/libunwind" objects="$scratch/$1-unwind" source
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
  # Rust's std links the unwinder by GCC's name.
  cp "$out/$arch/lib/libunwind.a" "$out/$arch/lib/libgcc_eh.a"
}

# builtins CPU
builtins() {
  local arch="$1" lib="$scratch/ziglang/lib"
  mkdir -p "$scratch/$arch"
  ZIG_GLOBAL_CACHE_DIR="$scratch/cache" ZIG_LOCAL_CACHE_DIR="$scratch/cache" "$out/zig" build-obj --zig-lib-dir "$lib" "$lib/compiler_rt.zig" \
    -target "$arch-linux-musl" -OReleaseFast -fPIC -fstrip -ffunction-sections --name compiler_rt -femit-bin="$scratch/$arch/compiler_rt.o"
  # Archived separately: build-lib would name the member after a random directory.
  "$out/zig" ar rcsD "$out/$arch/lib/libcompiler_rt.a" "$scratch/$arch/compiler_rt.o"
}

# memory CPU: overrides libc's memory functions. On x86-64 musl copies with `rep movsq`, which is slow for the small structures that Rust
# programs copy often; zig's memmove is faster. On aarch64 musl already has Arm's optimized routines.
memory() {
  local arch="$1" objects="$scratch/$1-memory"
  mkdir -p "$objects"
  if [[ "$arch" == x86_64 ]]; then
    objcopy --keep-global-symbol=memmove "$scratch/$arch/compiler_rt.o" "$objects/memmove.o"
    # zig's memcpy is slower than its memmove for more than 100 bytes.
    objcopy --redefine-sym memmove=memcpy "$objects/memmove.o" "$objects/memcpy.o"
    set -- "$objects"/*.o
  else
    set --
  fi
  "$out/zig" ar rcsD "$out/$arch/lib/libmemory.a" "$@"
}

main() {
  local architecture cpu
  fetch
  cxx_headers
  while read -r architecture cpu _; do
    musl "$architecture" "$cpu"
    unwind "$cpu"
    builtins "$cpu"
    memory "$cpu"
    libcxx "$cpu"
  done < <(sed 's/#.*//; /^ *$/d' "$here/platforms.list")
}

main
