"""Runs buildozer for `bazel mod tidy`, from the launcher's cache (tools/distro/launch/buildozer.sh)."""

# Reads commands from standard input, one FILE:RULE|COMMAND|...|format per line, in an empty environment. buildozer exits with 3 if nothing
# changes.
_PROGRAM = """#!/bin/sh
[ ! -x '{buildozer}' ] || exec '{buildozer}' "$@"
changes=''
while read -r line; do
  line="${{line%|format}}"
  case "$line" in
    *'|'*) changes="$changes
    $line" ;;
  esac
done
[ -n "$changes" ] || exit 3
printf 'buildozer not found, which tools/bazel installs with npm; install npm and repeat the command:\\n    sudo apt install npm\\nor apply these changes manually:%s\\n' "$changes" >&2
exit 1
"""

def _repository_impl(repository_ctx):
    # In the build root, CARGO_HOME is a directory in the launcher's cache.
    cache = repository_ctx.path(repository_ctx.getenv("CARGO_HOME")).dirname
    buildozer = str(cache.get_child("lint", "buildozer")).replace("'", "'\\''")
    repository_ctx.file("BUILD.bazel", 'exports_files(["buildozer.exe"])\n')
    repository_ctx.file("buildozer.exe", _PROGRAM.format(buildozer = buildozer))

_repository = repository_rule(
    implementation = _repository_impl,
    doc = "A repository with `buildozer.exe`.",
)

def _buildozer_binary_impl(_module_ctx):
    _repository(name = "buildozer_binary")

buildozer_binary = module_extension(
    implementation = _buildozer_binary_impl,
    doc = "Creates `@buildozer_binary`, as in the buildozer module.",
)
