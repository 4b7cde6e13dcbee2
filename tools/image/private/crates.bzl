"""Where a program's bytes come from, for whoever has to find what grew."""

load("//tools/rust/private:release.bzl", "release_transition")

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
    doc = "`bazel run` prints which crates a program's bytes come from, as it is linked for an image but for its symbols.",
    implementation = _image_crates_impl,
    attrs = {
        "binary": attr.label(
            doc = "The program, linked with its symbols; built as `release` builds.",
            cfg = release_transition,
            executable = True,
            mandatory = True,
        ),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "target",
            executable = True,
        ),
    },
    executable = True,
)
