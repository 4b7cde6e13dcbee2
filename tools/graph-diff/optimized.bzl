"""A rule that builds a program with `-c opt`."""

def _opt_impl(_settings, _attr):
    return {"//command_line_option:compilation_mode": "opt"}

_opt = transition(
    implementation = _opt_impl,
    inputs = [],
    outputs = ["//command_line_option:compilation_mode"],
)

def _optimized_binary_impl(ctx):
    program = ctx.executable.program
    out = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = out, target_file = program, is_executable = True)
    return [DefaultInfo(
        executable = out,
        files = depset([out]),
        runfiles = ctx.runfiles([out]).merge(ctx.attr.program[0][DefaultInfo].default_runfiles),
    )]

optimized_binary = rule(
    doc = """Builds a program with `-c opt` for the target platform, regardless of the command line's `-c`.

```starlark
load(":optimized.bzl", "optimized_binary")

optimized_binary(
    name = "affected",
    program = ":graph-diff",
)
```
""",
    implementation = _optimized_binary_impl,
    attrs = {
        "program": attr.label(
            doc = "Label of the program, required.",
            cfg = _opt,
            executable = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
    executable = True,
)
