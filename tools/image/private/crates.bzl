"""Where a program's bytes come from, for whoever has to find what grew."""

def _image_crates_impl(ctx):
    check, binary = ctx.executable._check, ctx.executable.binary
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        "#!/bin/sh\nexec '{}' crates '{}'\n".format(check.short_path, binary.short_path),
        is_executable = True,
    )
    runfiles = ctx.runfiles([binary]).merge(ctx.attr._check[DefaultInfo].default_runfiles)
    return [DefaultInfo(executable = script, runfiles = runfiles)]

image_crates = rule(
    doc = "`bazel run` prints which crates a program's bytes come from.",
    implementation = _image_crates_impl,
    attrs = {
        "binary": attr.label(
            doc = "The program with its symbols, as `release_binary` builds it.",
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
