"""A test of toolchain resolution: which Rust and which C toolchain a platform gets."""

load("@rules_cc//cc:find_cc_toolchain.bzl", "find_cc_toolchain", "use_cc_toolchain")

_RUST = "@rules_rust//rust:toolchain_type"
_PLATFORMS = "//command_line_option:platforms"

_ToolchainsInfo = provider(
    doc = "What a platform's toolchains say of themselves.",
    fields = {
        "libc": "string: the C toolchain's libc",
        "target_triple": "string: the Rust toolchain's target",
    },
)

def _toolchains_impl(ctx):
    return [_ToolchainsInfo(
        libc = find_cc_toolchain(ctx).libc,
        target_triple = ctx.toolchains[_RUST].target_triple.str,
    )]

resolved_toolchains = rule(
    doc = "Provides the names of the toolchains that its configuration resolves to.",
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
        problems.append("C toolchain: expected another libc than '{}'".format(ctx.attr.not_libc))
    if ctx.attr.target_triple and found.target_triple != ctx.attr.target_triple:
        problems.append("Rust toolchain: expected '{}', found '{}'".format(ctx.attr.target_triple, found.target_triple))
    if not found.target_triple.endswith(ctx.attr.target_triple_suffix):
        problems.append("Rust toolchain: expected '*{}', found '{}'".format(ctx.attr.target_triple_suffix, found.target_triple))

    lines = ["#!/bin/sh"] + ["echo \"{}: {}\"".format(ctx.attr.platform.label, problem) for problem in problems]
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(script, "\n".join(lines + ["exit {}".format(1 if problems else 0)]), is_executable = True)
    return [DefaultInfo(executable = script)]

toolchains_test = rule(
    doc = "Fails if `platform` resolves to other toolchains than said.",
    implementation = _test_impl,
    attrs = {
        "libc": attr.string(doc = "What the C toolchain's libc must be; default: anything."),
        "not_libc": attr.string(doc = "What the C toolchain's libc must not be; default: nothing is ruled out."),
        "platform": attr.label(
            doc = "The target platform.",
            mandatory = True,
        ),
        "target_triple": attr.string(doc = "The Rust toolchain's target; default: anything."),
        "target_triple_suffix": attr.string(doc = "How the Rust toolchain's target ends; default: anything."),
        "_probe": attr.label(
            cfg = _platform_transition,
            default = "//tools/rust/private:resolved_toolchains",
        ),
    },
    test = True,
)
