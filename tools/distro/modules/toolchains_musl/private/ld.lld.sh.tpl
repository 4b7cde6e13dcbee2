#!/bin/sh
# lld for {{arch}} musl, for rustc's command line and for Bazel's own; always a static, position-independent executable.
# An action has no PATH: shell built-ins only.
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
    # rustc names the flavour for a linker of many names; this one has a single name.
    -flavor) flavor=follows ;;
    -shared | --shared | -r | --relocatable | --dynamic-linker=*)
      echo "ld.lld: the musl toolchain links static executables alone, found '$argument'" >&2
      exit 1
      ;;
    # Threads are part of musl's libc.
    -pthread) ;;
    # A C driver's spelling of linker flags.
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

# Sorted by what they resemble, functions and data make a layer a thirtieth smaller.
# Before what the command line names: rustc names libc, which has slower ones of what is in libmemory.
exec "$here/zig" ld.lld -static -pie --no-dynamic-linker -z text -z relro -z now -z noexecstack --eh-frame-hdr --gc-sections --icf=safe -z pack-relative-relocs --hash-style=gnu --build-id=none --bp-compression-sort=both \
  -L "$lib" "$lib/rcrt1.o" "$lib/crti.o" -lmemory "$@" --start-group -lc++ -lunwind -lc -lcompiler_rt --end-group "$lib/crtn.o"
