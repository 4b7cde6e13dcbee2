"""The rule that runs a test on the execution platform, for which proc macros are compiled."""

def _exec_test_impl(ctx):
    test = ctx.attr.test[DefaultInfo]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        is_executable = True,
        output = executable,
        target_file = test.files_to_run.executable,
    )
    return [DefaultInfo(executable = executable, runfiles = test.default_runfiles)]

exec_test = rule(
    doc = "Runs a test that is compiled for the execution platform.",
    implementation = _exec_test_impl,
    attrs = {
        "test": attr.label(
            doc = "The test to run.",
            cfg = "exec",
            executable = True,
            mandatory = True,
        ),
    },
    test = True,
)
