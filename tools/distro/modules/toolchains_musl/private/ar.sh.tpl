#!/bin/sh
exec "${0%/*}/../../zig" ar "$@"
