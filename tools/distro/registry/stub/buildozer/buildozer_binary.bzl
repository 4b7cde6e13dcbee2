"""buildozer as `bazel mod tidy` calls it: the closed network has no binary of it."""

# Commands come on standard input, a line each: FILE:RULE|COMMAND. Status 3 is buildozer's for "no change".
_PROGRAM = """#!/bin/sh
changes=$(grep -v '|format$' || true)
[ -n "$changes" ] || exit 3
printf 'bazel mod tidy changes files by buildozer, which the closed network does not have; change by hand:\\n%s\\n' "$changes" >&2
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
    doc = "Makes `@buildozer_binary`, as buildozer's own module does.",
)
