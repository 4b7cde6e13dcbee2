#!/bin/sh
# clang for {{arch}} musl, for C and C++. Uses only shell built-ins, because actions have no PATH.
here="${0%/*}/../.."

# Build scripts use absolute paths, also of their sources: __FILE__ must not contain the sandbox's path.
case "$0" in
  /*) set -- "-ffile-prefix-map=${0%/external/*}/=" "$@" ;;
esac

# libc++'s headers must precede libc's, which they include by the same names. Build scripts also link programs, such as those of autoconf's
# checks; ld.lld.sh.tpl adds the libraries.
exec "$here/zig" clang -target {{arch}}-unknown-linux-musl -nostdinc -cxx-isystem "$here/cxx-include" \
  -idirafter "$here/clang-include" -idirafter "$here/{{arch}}/include" \
  --start-no-unused-arguments --ld-path="$here/{{arch}}/bin/ld.lld" -static -nostdlib --end-no-unused-arguments "$@"
