"""A program as images have it: without its symbols, with its crate list."""

load(":release.bzl", "release_transition")

def _stripped_impl(ctx):
    out = ctx.actions.declare_file(ctx.label.name)
    args = ctx.actions.args()
    args.add("strip")
    args.add("--input", ctx.executable.actual)
    if ctx.file.crate_list:
        args.add("--crate-list", ctx.file.crate_list)
    args.add("--output", out)
    ctx.actions.run(
        executable = ctx.executable._link_tool,
        arguments = [args],
        inputs = [ctx.executable.actual] + ctx.files.crate_list,
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

With `-Cstrip=symbols` the linker would drop them, and `size_report`, which maps the program's bytes to crates, and debuggers would need
another link. The C toolchain's `strip` is not used, because the closed network's toolchain has none.
""",
    implementation = _stripped_impl,
    attrs = {
        "actual": attr.label(
            doc = "The program, linked with its symbols.",
            cfg = release_transition,
            executable = True,
            mandatory = True,
        ),
        "crate_list": attr.label(
            doc = "The crate list, as `sbom_documents` writes it; added as section `.dep-v0`, unloaded. Default: none.",
            allow_single_file = True,
            cfg = release_transition,
        ),
        "_link_tool": attr.label(
            default = "//tools/link:link_tool",
            cfg = "exec",
            executable = True,
        ),
    },
    executable = True,
)
