"""The CPU that a target is for, by its name in ELF files."""

MACHINE_ATTRS = {
    "_aarch64": attr.label(default = "@platforms//cpu:aarch64"),
    "_x86_64": attr.label(default = "@platforms//cpu:x86_64"),
}

def target_machine(ctx):
    """Names the CPU of the target platform.

    Args:
        ctx: the context of a rule that has MACHINE_ATTRS.

    Returns:
        String, `x86_64` or `aarch64`; fails on others.
    """
    for machine, constraint in {"aarch64": ctx.attr._aarch64, "x86_64": ctx.attr._x86_64}.items():
        if ctx.target_platform_has_constraint(constraint[platform_common.ConstraintValueInfo]):
            return machine
    fail("{}: the target platform's CPU is neither x86_64 nor aarch64, for which images are built; name another by --platforms".format(ctx.label))
