"""The rule that tests which Rust and C toolchains a platform resolves to."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")

_RUST = "@rules_rust//rust:toolchain_type"
_PLATFORMS = "//command_line_option:platforms"

_ToolchainsInfo = provider(
    doc = "Properties of the toolchains of a platform.",
    fields = {
        "libc": "The libc of the C toolchain, a string.",
        "target_triple": "The target triple of the Rust toolchain, a string.",
    },
)

def _toolchains_impl(ctx):
    return [_ToolchainsInfo(
        libc = find_cc_toolchain(ctx).libc,
        target_triple = ctx.toolchains[_RUST].target_triple.str,
    )]

resolved_toolchains = rule(
    doc = "Provides properties of the toolchains that its configuration resolves to.",
    implementation = _toolchains_impl,
    toolchains = [_RUST] + use_cc_toolchain(),
    attrs = {"_cc_toolchain": attr.label(default = "@rules_cc//cc:current_cc_toolchain")},
)

_platform_transition = transition(
    implementation = lambda _settings, attr: {_PLATFORMS: str(attr.platform)},
    inputs = [],
    outputs = [_PLATFORMS],
)

def _test_impl(ctx):
    found = ctx.attr._probe[0][_ToolchainsInfo]
    problems = []
    if ctx.attr.libc and found.libc != ctx.attr.libc:
        problems.append("C toolchain: expected libc '{}', found '{}'".format(ctx.attr.libc, found.libc))
    if ctx.attr.not_libc and found.libc == ctx.attr.not_libc:
        problems.append("C toolchain: expected a libc other than '{0}', found '{0}'".format(ctx.attr.not_libc))
    if ctx.attr.target_triple and found.target_triple != ctx.attr.target_triple:
        problems.append("Rust toolchain: expected target '{}', found '{}'".format(ctx.attr.target_triple, found.target_triple))
    if not found.target_triple.endswith(ctx.attr.target_triple_suffix):
        problems.append("Rust toolchain: expected target '*{}', found '{}'".format(ctx.attr.target_triple_suffix, found.target_triple))

    lines = ["#!/bin/sh"] + ["echo \"{}: {}\"".format(ctx.attr.platform.label, problem) for problem in problems]
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, "\n".join(lines + ["exit {}".format(1 if problems else 0)]), is_executable = True)
    return [DefaultInfo(executable = script)]

toolchains_test = rule(
    doc = """Checks the toolchains that a platform resolves to.

```starlark
load("//tools/rust/private:toolchain_test.bzl", "toolchains_test")

toolchains_test(
    name = "toolchains_test",
    libc = "musl",
    platform = "//platforms:linux_x86_64_musl",
    target_triple = "x86_64-unknown-linux-musl",
)
```
""",
    implementation = _test_impl,
    attrs = {
        "libc": attr.string(doc = "Expected libc of the C toolchain. Default: any."),
        "not_libc": attr.string(doc = "Libc that the C toolchain must not have. Default: none."),
        "platform": attr.label(
            doc = "The target platform to resolve.",
            mandatory = True,
        ),
        "target_triple": attr.string(doc = "Expected target triple of the Rust toolchain. Default: any."),
        "target_triple_suffix": attr.string(doc = "Expected suffix of the target triple of the Rust toolchain. Default: any."),
        "_probe": attr.label(
            cfg = _platform_transition,
            default = "//tools/rust/private:resolved_toolchains",
        ),
    },
    test = True,
)
