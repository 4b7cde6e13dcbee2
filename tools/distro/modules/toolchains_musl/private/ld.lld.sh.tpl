#!/bin/sh
# lld for {{arch}} musl. Accepts command lines of rustc and Bazel; always links a static, position-independent executable.
# Uses only shell built-ins, because actions have no PATH.
here="${0%/*}/../.."
lib="$here/{{arch}}/lib"

flavor=
for argument; do
  shift
  if [ -n "$flavor" ]; then
    flavor=
    continue
  fi
  case "$argument" in
    # rustc selects lld's flavor with it; this wrapper has one flavor.
    -flavor) flavor=follows ;;
    -shared | --shared | -r | --relocatable | --dynamic-linker=*)
      echo "ld.lld: unsupported option '$argument': the musl toolchain links only static executables" >&2
      exit 1
      ;;
    # musl's libc contains threads.
    -pthread) ;;
    # Linker flags in the syntax of a compiler driver.
    -Wl,*)
      rest="${argument#-Wl,}"
      while [ -n "$rest" ]; do
        set -- "$@" "${rest%%,*}"
        case "$rest" in *,*) rest="${rest#*,}" ;; *) rest= ;; esac
      done
      ;;
    *) set -- "$@" "$argument" ;;
  esac
done

# --bp-compression-sort places similar functions and data together, which shrinks compressed layers.
# libmemory precedes the command line's libraries, because it overrides slower functions of libc.
exec "$here/zig" ld.lld -static -pie --no-dynamic-linker -z text -z relro -z now -z noexecstack --eh-frame-hdr --gc-sections --icf=safe -z pack-relative-relocs --hash-style=gnu --build-id=none --bp-compression-sort=both \
  -L "$lib" "$lib/rcrt1.o" "$lib/crti.o" -lmemory "$@" --start-group -lc++ -lunwind -lc -lcompiler_rt --end-group "$lib/crtn.o"
