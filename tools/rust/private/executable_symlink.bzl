"""Another name of a program or test."""

def executable_symlink(ctx, target):
    """Declares a symlink with the name of the rule's target.

    Args:
        ctx: context of an executable rule.
        target: executable target.

    Returns:
        DefaultInfo with the symlink as executable, and the runfiles of `target`.
    """
    info = target[DefaultInfo]
    executable = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(
        is_executable = True,
        output = executable,
        target_file = info.files_to_run.executable,
    )
    return DefaultInfo(executable = executable, runfiles = info.default_runfiles)
