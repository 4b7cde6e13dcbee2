"""`[lints]` as flags for rustc and clippy, as cargo passes them.

Source: https://doc.rust-lang.org/cargo/reference/manifest.html#the-lints-section.
"""

_LEVELS = ["allow", "deny", "forbid", "warn"]

# Flags are generated for all of them except `cargo`, which reads its lints itself.
_TOOLS = ["cargo", "clippy", "rust", "rustdoc"]

def lint_flags(lints, errors):
    """Converts `[lints]` or `[workspace.lints]` to flags.

    Args:
        lints: dict of the table.
        errors: list of error messages, which is extended.

    Returns:
        A list of flags in the order of cargo. rustc ignores those of other tools.
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
            is_supported = level in _LEVELS and type(priority) == "int"
            for field in fields:
                is_supported = is_supported and field in ["check-cfg", "level", "priority"]
            if not is_supported:
                errors.append("unsupported lint \"{}.{}\": expected one of the levels {}, or a table with \"level\" and \"priority\"".format(
                    tool,
                    name,
                    ", ".join(_LEVELS),
                ))
                continue
            prefix = "" if tool == "rust" else tool + "::"
            flags.append((priority, name, "--{}={}{}".format(level, prefix, name)))
            flags.extend([(priority, name, "--check-cfg=" + cfg) for cfg in fields.get("check-cfg", [])])

    # rustc applies the last flag. Within a priority cargo passes them in reverse order of names, so that the group `all` follows its lints.
    flags = sorted(flags, key = lambda it: it[1], reverse = True)
    return [flag for _, _, flag in sorted(flags, key = lambda it: it[0])]
