#!/usr/bin/env bash
# Runs the renderer of Debian's stardoc with the JDK of the build root. The module's own target needs a Java toolchain, which
# rules_java downloads.
set -o errexit -o nounset -o pipefail

# The option silences a warning about protobuf that each run prints.
exec java --sun-misc-unsafe-memory-access=allow \
  -cp /usr/share/bazel/tools/stardoc/stardoc/renderer_prebuilt.jar \
  com.google.devtools.build.stardoc.renderer.RendererMain "$@"
