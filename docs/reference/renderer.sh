#!/usr/bin/env bash
# Runs stardoc's renderer with the JDK of the build root. The renderer that the module builds needs a Java toolchain, which
# rules_java downloads.
set -o errexit -o nounset -o pipefail

export RUNFILES_DIR="${RUNFILES_DIR:-$0.runfiles}"
# shellcheck source=/dev/null
source "$RUNFILES_DIR/bazel_tools/tools/bash/runfiles/runfiles.bash"
jar="$(rlocation stardoc/stardoc/renderer_prebuilt.jar)"
# The flag silences a warning about what protobuf does in every run.
exec java --sun-misc-unsafe-memory-access=allow -cp "$jar" com.google.devtools.build.stardoc.renderer.RendererMain "$@"
