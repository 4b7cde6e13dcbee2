"""A replacement of buildozer for `bazel mod tidy`, because its binary cannot be downloaded."""

# Reads commands from standard input, one FILE:RULE|COMMAND per line. buildozer exits with 3 if nothing changes.
_PROGRAM = """#!/bin/sh
changes=$(grep -v '|format$' || true)
[ -n "$changes" ] || exit 3
printf 'bazel mod tidy requires buildozer, which cannot be downloaded; apply these changes manually:\\n%s\\n' "$changes" >&2
exit 1
"""

def _repository_impl(repository_ctx):
    repository_ctx.file("BUILD.bazel", 'exports_files(["buildozer.exe"])\n')
    repository_ctx.file("buildozer.exe", _PROGRAM)

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
