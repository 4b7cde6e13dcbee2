"""The rule that builds a tool in one configuration for all that use it."""

load(":executable_symlink.bzl", "executable_symlink")

_FLAGS = "@rules_rust//rust/settings:extra_rustc_flags"

# `cfg = "exec"` keeps the flags of the release profile, although rustc gets them only in target configurations. Images would therefore
# compile tools, with their crates, again.
_without_release_flags = transition(
    implementation = lambda _settings, _attr: {_FLAGS: []},
    inputs = [],
    outputs = [_FLAGS],
)

def _tool_binary_impl(ctx):
    return [executable_symlink(ctx, ctx.attr.actual)]

tool_binary = rule(
    doc = """Builds a program without the flags that `release` adds, so that all configurations of its users share its actions.

`--@rules_rust//rust/settings:extra_rustc_flags` of the command line does not apply, either. The output is a symlink, with the runfiles of
`actual`.
""",
    implementation = _tool_binary_impl,
    attrs = {
        "actual": attr.label(
            doc = "The program to build.",
            executable = True,
            cfg = "target",
            mandatory = True,
        ),
    },
    cfg = _without_release_flags,
    executable = True,
)
