#!/bin/sh
# clang for {{arch}} musl, for C and C++. An action has no PATH: shell built-ins only.
here="${0%/*}/../.."

# Build scripts call it by an absolute path and name their sources so: __FILE__ must not name the sandbox.
case "$0" in
  /*) set -- "-ffile-prefix-map=${0%/external/*}/=" "$@" ;;
esac

# libc++'s headers include those of the same name behind them.
exec "$here/zig" clang -target {{arch}}-unknown-linux-musl -nostdinc -cxx-isystem "$here/cxx-include" \
  -idirafter "$here/clang-include" -idirafter "$here/{{arch}}/include" "$@"
