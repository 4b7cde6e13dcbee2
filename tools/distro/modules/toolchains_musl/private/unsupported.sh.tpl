#!/bin/sh
echo "the musl toolchain has no such tool ($*); it compiles C and C++, and links static executables" >&2
exit 1
