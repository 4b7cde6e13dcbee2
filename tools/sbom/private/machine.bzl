"""The CPU of the target platform, by its ELF machine name."""

MACHINE_ATTRS = {
    "_aarch64": attr.label(default = "@platforms//cpu:aarch64"),
    "_x86_64": attr.label(default = "@platforms//cpu:x86_64"),
}

def target_machine(ctx):
    """Returns the CPU of the target platform.

    Args:
        ctx: context of a rule with the attributes `MACHINE_ATTRS`.

    Returns:
        `x86_64` or `aarch64`; fails for other CPUs.
    """
    for machine, constraint in {"aarch64": ctx.attr._aarch64, "x86_64": ctx.attr._x86_64}.items():
        if ctx.target_platform_has_constraint(constraint[platform_common.ConstraintValueInfo]):
            return machine
    fail("{}: unsupported target platform: expected the CPU x86_64 or aarch64; choose another one with --platforms".format(ctx.label))
