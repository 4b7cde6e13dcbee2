"""Which crates a program's bytes come from, with their features and who asks for them."""

load("//tools/sbom:defs.bzl", "linked_crates")
load(":linked_crates.bzl", "write_linked_crates")

def _image_size_report_impl(ctx):
    check, binary = ctx.executable._check, ctx.executable.binary
    crates = write_linked_crates(ctx, ctx.attr.binary)
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        "#!/bin/sh\nexec '{}' size-report '{}' --crates '{}'\n".format(check.short_path, binary.short_path, crates.short_path),
        is_executable = True,
    )
    runfiles = ctx.runfiles([binary, crates]).merge(ctx.attr._check[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

image_size_report = rule(
    doc = "`bazel run` prints which crates a program's bytes come from, the features of each and the Cargo.toml files that ask for them.",
    implementation = _image_size_report_impl,
    attrs = {
        "binary": attr.label(
            doc = "The program with its symbols, as `release_binary` builds it.",
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
    },
    executable = True,
)
