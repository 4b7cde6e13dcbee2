#!/bin/sh
# clang for {{arch}} musl. An action has no PATH: shell built-ins only.
here="${0%/*}/../.."
exec "$here/zig" clang -target {{arch}}-unknown-linux-musl -nostdinc \
  -isystem "$here/clang-include" -isystem "$here/{{arch}}/include" "$@"
