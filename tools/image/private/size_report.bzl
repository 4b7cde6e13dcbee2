"""The rule that reports the size of each crate in a program."""

load("//tools/sbom:defs.bzl", "linked_crates")
load(":linked_crates.bzl", "write_linked_crates")

def _image_size_report_impl(ctx):
    check, binary = ctx.executable._check, ctx.executable.binary
    crates = write_linked_crates(ctx, ctx.attr.binary, ctx.attr._requests)
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        "#!/bin/sh\nexec '{}' size-report '{}' --crates '{}'\n".format(check.short_path, binary.short_path, crates.short_path),
        is_executable = True,
    )
    runfiles = ctx.runfiles([binary, crates]).merge(ctx.attr._check[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

image_size_report = rule(
    doc = """Prints, with `bazel run`, the size of each crate in a program, its features, and the Cargo.toml files that request them.

```starlark
load("//tools/image:defs.bzl", "image_size_report")

image_size_report(
    name = "hello.size_report",
    binary = ":hello.symbols",
)
```
""",
    implementation = _image_size_report_impl,
    attrs = {
        "binary": attr.label(
            doc = "The Rust program with its symbols, built by `release_binary`.",
            aspects = [linked_crates],
            cfg = "target",
            executable = True,
            mandatory = True,
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "target",
            executable = True,
        ),
        "_requests": attr.label(default = "@thimble_workspaces//:requests"),
    },
    executable = True,
)
