"""`side_targets_test`: compares two lists of strings of the loading phase."""

def _equal_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    equal = ctx.attr.expected == ctx.attr.found
    ctx.actions.write(script, "#!/bin/sh\n" + ("exit 0\n" if equal else """\
cat >&2 <<'END'
expected: {}
found:    {}
END
exit 1
""".format(ctx.attr.expected, ctx.attr.found)), is_executable = True)
    return [DefaultInfo(executable = script)]

_equal_test = rule(
    implementation = _equal_test_impl,
    attrs = {
        "expected": attr.string_list(mandatory = True),
        "found": attr.string_list(mandatory = True),
    },
    test = True,
)

def side_targets_test(name, of, expected):
    """Checks the names of a macro's side targets, and that each is manual.

    Args:
        name: String, the test.
        of: String, the macro's main target, earlier in the same BUILD file.
        expected: List of strings, the names of its side targets.
    """
    side_targets = [rule for rule in native.existing_rules().values() if _is_side_target(rule["name"], of)]
    _equal_test(
        name = name,
        expected = sorted(expected),
        found = sorted([
            rule["name"] + ("" if "manual" in rule["tags"] else " (not manual)")
            for rule in side_targets
        ]),
    )

def _is_side_target(name, of):
    return name == of + ".digest" or name.startswith(of + "_write_")
