"""A program as images have it, without its symbols; what it was linked from stays there with them."""

load(":release.bzl", "release_transition")

def _stripped_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    args = ctx.actions.args()
    args.add("strip")
    args.add("--input", ctx.executable.actual)
    args.add("--output", out)
    ctx.actions.run(
        executable = ctx.executable._link_tool,
        arguments = [args],
        inputs = [ctx.executable.actual],
        mnemonic = "Strip",
        outputs = [out],
        progress_message = "Stripping %{output}",
    )
    return [DefaultInfo(
        files = depset([out]),
        executable = out,
    )]

stripped_release = rule(
    doc = """`release` of a program, without its symbols: `strip = "symbols"` of the release profile, in an action of its own.

With `-Cstrip=symbols` the linker would take them, and whoever asks where the program's bytes come from would have to link
it again. The C toolchain's `strip` is not asked, since the closed network's has none.
""",
    implementation = _stripped_impl,
    attrs = {
        "actual": attr.label(
            doc = "The program, linked with its symbols.",
            cfg = release_transition,
            executable = True,
            mandatory = True,
        ),
        "_link_tool": attr.label(
            default = "//tools/link:link_tool",
            cfg = "exec",
            executable = True,
        ),
    },
    executable = True,
)
