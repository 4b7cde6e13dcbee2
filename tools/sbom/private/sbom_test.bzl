"""The gate over the bills."""

_RUN = """\
#!/bin/sh
exec '{sbom}' check --binary '{binary}' --bills '{bills}' --policy '{policy}'
"""

# For the gate's own tests: it has to fail, and to say why.
_RUN_EXPECTING_FAILURE = """\
#!/bin/sh
output="$('{sbom}' check --binary '{binary}' --bills '{bills}' --policy '{policy}' 2>&1)"
status=$?
printf '%s\\n' "$output"
if [ "$status" -ne 1 ]; then
  echo "expected the check to fail (exit code 1), but it ended with $status" >&2
  exit 1
fi
case "$output" in
  *"{expected}"*) ;;
  *) echo "the check failed, but did not say: {expected}" >&2; exit 1 ;;
esac
"""

def _sbom_test_impl(ctx):
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        (_RUN_EXPECTING_FAILURE if ctx.attr.expected_failure else _RUN).format(
            bills = ctx.file.bills.short_path,
            binary = ctx.file.binary.short_path,
            expected = ctx.attr.expected_failure,
            policy = ctx.file.policy.short_path,
            sbom = ctx.executable._sbom.short_path,
        ),
        is_executable = True,
    )
    runfiles = ctx.runfiles([ctx.file.bills, ctx.file.binary, ctx.file.policy])
    return [DefaultInfo(
        executable = script,
        runfiles = runfiles.merge(ctx.attr._sbom[DefaultInfo].default_runfiles),
    )]

sbom_test = rule(
    doc = """The bills list the very crates that the program says are in it, and each has a licence that is allowed.

Prints how many crates there are of each licence, and what is not checked.
""",
    implementation = _sbom_test_impl,
    attrs = {
        "bills": attr.label(
            doc = "The folder of the bills.",
            allow_single_file = True,
            mandatory = True,
        ),
        "binary": attr.label(
            doc = "The program, with its crate list in section `.dep-v0`.",
            allow_single_file = True,
            mandatory = True,
        ),
        "expected_failure": attr.string(doc = "A text that a failing check must print; default: the check must pass."),
        "policy": attr.label(
            doc = "The licences that are allowed, as cargo-deny's deny.toml has them.",
            allow_single_file = True,
            default = "//:deny.toml",
        ),
        "_sbom": attr.label(
            default = "//tools/sbom",
            cfg = "target",
            executable = True,
        ),
    },
    test = True,
)
