"""The repository `workspace_lints`: `[workspace.lints]` of Cargo.toml as rustc's flags.

Cargo passes the same flags to each crate with `[lints] workspace = true`. clippy reads those of `[workspace.lints.clippy]`;
to rustc alone they mean nothing.
Format: https://doc.rust-lang.org/cargo/reference/manifest.html#the-lints-section.
"""

_SECTION = "workspace.lints."
_LEVELS = ["allow", "deny", "forbid", "warn"]

def _unquoted(value):
    if len(value) > 1 and value[0] == "\"" and value[-1] == "\"":
        return value[1:-1]
    return None

def _fields(value):
    """Level and priority, or None.

    Args:
        value: right side of a lint's line: `"warn"` or `{ level = "warn", priority = -1 }`.

    Returns:
        A struct with `level` and `priority`; None if it has another form.
    """
    if not value.startswith("{"):
        return struct(level = _unquoted(value), priority = 0)
    if not value.endswith("}"):
        return None
    fields = {}
    for field in value[1:-1].split(","):
        name, _, content = field.partition("=")
        fields[name.strip()] = content.strip()
    priority = fields.pop("priority", "0")
    level = _unquoted(fields.pop("level", ""))
    if fields or not priority.removeprefix("-").isdigit():
        return None
    return struct(level = level, priority = int(priority))

def parse_workspace_lints(text):
    """Reads `[workspace.lints.*]`.

    Args:
        text: content of a Cargo.toml.

    Returns:
        A struct with `flags`, in the order of their priority, and `error`, a message or None.
    """
    lints = []
    tool = None
    for number, line in enumerate(text.split("\n")):
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
            tool = section.removeprefix(_SECTION) if section.startswith(_SECTION) else None
        elif tool and line:
            name, _, value = line.partition("=")
            fields = _fields(value.strip())
            if not fields or fields.level not in _LEVELS:
                return struct(flags = [], error = (
                    "Cargo.toml:{}: unsupported lint '{}': expected `name = \"level\"` or " +
                    "`name = {{ level = \"level\", priority = 0 }}` with a level of {}"
                ).format(number + 1, line, ", ".join(_LEVELS)))
            prefix = "" if tool == "rust" else tool + "::"
            lints.append((fields.priority, "--{}={}{}".format(fields.level, prefix, name.strip())))
    return struct(flags = [flag for _, flag in sorted(lints)], error = None)

def _workspace_lints_impl(rctx):
    lints = parse_workspace_lints(rctx.read(rctx.attr.cargo_toml))
    if lints.error:
        fail(lints.error)
    rctx.file("BUILD.bazel")
    rctx.file("flags.bzl", "\"\"\"`[workspace.lints]` of Cargo.toml.\"\"\"\n\nFLAGS = {}\n".format(repr(lints.flags)))

workspace_lints = repository_rule(
    doc = "`[workspace.lints]` of Cargo.toml as the list `FLAGS` in `flags.bzl`.",
    implementation = _workspace_lints_impl,
    attrs = {
        "cargo_toml": attr.label(
            doc = "The workspace's Cargo.toml.",
            allow_single_file = True,
            mandatory = True,
        ),
    },
)
