# shellcheck shell=bash disable=SC2154 # sourced by zig.sh
# libc++ with libc++abi: headers, and for each CPU a static library with exceptions, unwound by libunwind.

readonly cxx_sources="$scratch/ziglang/lib"
readonly cxx_include="$out/cxx-include"

# The options of LLVM's own build, for a static library with exceptions and RTTI.
readonly cxx_defines=(
  -DNDEBUG -D_LIBCPP_BUILDING_LIBRARY -D_LIBCXXABI_BUILDING_LIBRARY -DLIBCXX_BUILDING_LIBCXXABI
  -D_LIBCPP_DISABLE_VISIBILITY_ANNOTATIONS -D_LIBCXXABI_DISABLE_VISIBILITY_ANNOTATIONS
)

# zig passes the configuration of libc++ on the command line of every compilation; LLVM writes it to a header.
cxx_headers() {
  mkdir "$cxx_include"
  cp -r "$cxx_sources/libcxx/include/." "$cxx_sources/libcxxabi/include/." "$cxx_include"
  cp "$cxx_sources/libcxx/LICENSE.TXT" "$out/LICENSE.libcxx"
  local headers=("$cxx_include/__config" "$cxx_include"/__configuration/*.h)
  sed -i 's|^/\* zig patch: instead of including __config_site.*|#include <__config_site>|' "${headers[@]}"
  if ! grep --quiet '^#include <__config_site>' "${headers[0]}"; then
    printf 'libcxx.sh: cannot add __config_site to %s: zig has another release of libc++\n' "${headers[0]}" >&2
    exit 1
  fi
  cat > "$cxx_include/__config_site" << 'HEADER'
#ifndef _LIBCPP___CONFIG_SITE
#define _LIBCPP___CONFIG_SITE
#define _LIBCPP_ABI_NAMESPACE __1
#define _LIBCPP_ABI_VERSION 1
#define _LIBCPP_ASSERTION_SEMANTIC_DEFAULT _LIBCPP_ASSERTION_SEMANTIC_HARDENING_DEPENDENT
#define _LIBCPP_HARDENING_MODE_DEFAULT _LIBCPP_HARDENING_MODE_NONE
#define _LIBCPP_HAS_FILESYSTEM 1
#define _LIBCPP_HAS_LOCALIZATION 1
#define _LIBCPP_HAS_MONOTONIC_CLOCK 1
#define _LIBCPP_HAS_MUSL_LIBC 1
#define _LIBCPP_HAS_RANDOM_DEVICE 1
#define _LIBCPP_HAS_TERMINAL 1
#define _LIBCPP_HAS_THREADS 1
#define _LIBCPP_HAS_THREAD_API_C11 0
#define _LIBCPP_HAS_THREAD_API_EXTERNAL 0
#define _LIBCPP_HAS_THREAD_API_PTHREAD 1
#define _LIBCPP_HAS_THREAD_API_WIN32 0
#define _LIBCPP_HAS_TIME_ZONE_DATABASE 0
#define _LIBCPP_HAS_UNICODE 1
#define _LIBCPP_HAS_VENDOR_AVAILABILITY_ANNOTATIONS 0
#define _LIBCPP_HAS_WIDE_CHARACTERS 1
#define _LIBCPP_INSTRUMENTED_WITH_ASAN 0
#define _LIBCPP_LIBC_NEWLIB 0
#define _LIBCPP_PSTL_BACKEND_SERIAL
#endif
HEADER
}

# libcxx CPU
libcxx() {
  local arch="$1" objects="$scratch/$1-cxx"
  local compile=(
    "$out/zig" clang -target "$arch-unknown-linux-musl" -nostdinc
    -cxx-isystem "$cxx_include" -idirafter "$out/clang-include" -idirafter "$out/$arch/include"
    -I "$cxx_sources/libcxx/src" -I "$cxx_sources/libcxx/libc" -I "$cxx_sources/libcxxabi/src" -I "$cxx_sources/libunwind/include"
    "${cxx_defines[@]}" -std=c++23 -O2 -fPIC -funwind-tables -ffunction-sections -fdata-sections -fvisibility=hidden -fvisibility-inlines-hidden -w
  )
  mkdir "$objects"
  # Most files include it. Precompiling it saves a fifth of the time, and the objects are the same.
  "${compile[@]}" -x c++-header "$cxx_include/string" -o "$objects/string.pch"
  # The excluded files define symbols that another file also defines in this configuration.
  find "$cxx_sources"/libcxx/src/{,filesystem/,ryu/}*.cpp "$cxx_sources"/libcxxabi/src/*.cpp \
    ! -path '*/libcxx/src/new.cpp' ! -name cxa_noexception.cpp ! -name int128_builtins.cpp |
    (cd "$objects" && xargs --max-procs="$(nproc)" --replace "${compile[@]}" -include-pch string.pch -c {})
  "$out/zig" ar rcsD "$out/$arch/lib/libc++.a" "$objects"/*.o
  # Crates link GCC's name of the library; libc++.a contains libc++abi.
  ln --symbolic libc++.a "$out/$arch/lib/libstdc++.a"
  ln --symbolic libc++.a "$out/$arch/lib/libc++abi.a"
}
