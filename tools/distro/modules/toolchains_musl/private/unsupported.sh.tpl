#!/bin/sh
echo "unsupported tool in the musl toolchain ($0 $*): it compiles C and C++ and links static executables" >&2
exit 1
