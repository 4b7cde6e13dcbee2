"""The rule that strips the program of an image and adds its crate list."""

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
    doc = """Builds a program with the release profile, as `release_binary` does, and strips its symbols in a separate action.

With `-Cstrip=symbols` the linker would remove them, and the program with symbols, which debuggers and `image_size_report` read, would need a
second link. `link_tool` strips, because the C toolchain of the closed network has no `strip`.

```starlark
load("//tools/rust/private:stripped.bzl", "stripped_release")

stripped_release(
    name = "hello.release",
    actual = ":hello",
    crate_list = "hello.crate_list",
)
```
""",
    implementation = _stripped_impl,
    attrs = {
        "actual": attr.label(
            doc = "The program, linked with symbols.",
            cfg = release_transition,
            executable = True,
            mandatory = True,
        ),
        "crate_list": attr.label(
            doc = "The crate list to add as the section `.dep-v0`, which is not loaded; an output of `sbom_documents`. Default: none.",
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
