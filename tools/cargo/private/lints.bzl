"""`[lints]` as flags of rustc and clippy, as cargo passes them.

Format: https://doc.rust-lang.org/cargo/reference/manifest.html#the-lints-section.
"""

_LEVELS = ["allow", "deny", "forbid", "warn"]

# rustc lints to ignore in others' terms: cargo reads [lints.cargo] itself.
_TOOLS = ["cargo", "clippy", "rust", "rustdoc"]

def lint_flags(lints, errors):
    """Flags for `[lints]` or `[workspace.lints]`.

    Args:
        lints: the table, a dict by tool.
        errors: list of messages; extended.

    Returns:
        A list of flags, in the order of their priority. rustc ignores those of other tools.
    """
    flags = []
    for tool, table in lints.items():
        if tool not in _TOOLS:
            errors.append("unsupported key \"lints.{}\": expected one of {}".format(tool, ", ".join(_TOOLS)))
            continue
        for name, value in table.items() if tool != "cargo" else []:
            fields = value if type(value) == "dict" else {"level": value}
            level = fields.get("level")
            priority = fields.get("priority", 0)
            known = level in _LEVELS and type(priority) == "int"
            for field in fields:
                known = known and field in ["check-cfg", "level", "priority"]
            if not known:
                errors.append("unsupported lint \"{}.{}\": expected a level of {}, or a table with \"level\" and \"priority\"".format(
                    tool,
                    name,
                    ", ".join(_LEVELS),
                ))
                continue
            prefix = "" if tool == "rust" else tool + "::"
            flags.append((priority, "--{}={}{}".format(level, prefix, name)))
            flags.extend([(priority, "--check-cfg=" + cfg) for cfg in fields.get("check-cfg", [])])
    return [flag for _, flag in sorted(flags)]
