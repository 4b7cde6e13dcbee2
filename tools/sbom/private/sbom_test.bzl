"""The gate that checks SBOMs against the program and the license policy."""

load("//platforms:transition.bzl", "each_image_platform")

# All platforms are checked even if one fails. The last line lists the result of each.
_CHECK = """\
#!/bin/sh
check() {{
  outcomes= status=0
  for architecture in {architectures}; do
    code=0
    '{sbom}' check --binary "{stem}.$architecture.program" --sbom "{stem}.$architecture.sbom" --policy '{policy}' || code=$?
    outcome=ok
    [ "$code" -eq 0 ] || outcome=FAILED
    [ "$code" -le "$status" ] || status="$code"
    outcomes="$outcomes${{outcomes:+, }}linux/$architecture $outcome"
  done
  printf '%s\\n' "$outcomes"
  return "$status"
}}
"""

_RUN = """\
check
"""

# For tests of the gate: the check must fail and print the expected text.
_RUN_EXPECTING_FAILURE = """\
output="$(check 2>&1)"
status=$?
printf '%s\\n' "$output"
if [ "$status" -ne 1 ]; then
  echo "expected the check to fail (exit code 1), but it exited with $status" >&2
  exit 1
fi
case "$output" in
  *"{expected}"*) ;;
  *) echo "the check failed, but its output does not contain: {expected}" >&2; exit 1 ;;
esac
"""

def _sbom_test_impl(ctx):
    files = [ctx.file.policy]
    for architecture, sbom in ctx.split_attr.sbom.items():
        # Symlinks with the architecture in their names, because outputs of two configurations have the same path in the runfiles.
        stem = "{}.{}".format(ctx.label.name, architecture)
        directory = ctx.actions.declare_directory(stem + ".sbom")
        ctx.actions.symlink(output = directory, target_file = _single_file(ctx, sbom))
        program = ctx.actions.declare_file(stem + ".program")
        ctx.actions.symlink(output = program, target_file = _single_file(ctx, ctx.split_attr.binary[architecture]))
        files.extend([directory, program])
    script = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.write(
        script,
        (_CHECK + (_RUN_EXPECTING_FAILURE if ctx.attr.expected_failure else _RUN)).format(
            architectures = " ".join(sorted(ctx.split_attr.sbom.keys())),
            expected = ctx.attr.expected_failure,
            policy = ctx.file.policy.short_path,
            sbom = ctx.executable._sbom.short_path,
            stem = script.short_path,
        ),
        is_executable = True,
    )
    return [DefaultInfo(
        executable = script,
        runfiles = ctx.runfiles(files).merge(ctx.attr._sbom[DefaultInfo].default_runfiles),
    )]

# `allow_single_file` does not work for attributes with a split transition.
def _single_file(ctx, target):
    files = target[DefaultInfo].files.to_list()
    if len(files) != 1:
        fail("{}: invalid input {}: expected a target with one output, found {}".format(ctx.label, target.label, len(files)))
    return files[0]

sbom_test = rule(
    doc = """Checks, for each image platform, that the SBOMs list the same crates as the program, and that each license is allowed.

The test prints the number of crates by license, and the checks that it omits.

```starlark
load("//tools/sbom:defs.bzl", "sbom_test")

sbom_test(
    name = "sbom_test",
    binary = ":hello.release",
    sbom = ":sbom",
)
```
""",
    implementation = _sbom_test_impl,
    attrs = {
        "sbom": attr.label(
            doc = "The directory of the SBOMs, as `sbom_documents` writes it.",
            allow_files = True,
            cfg = each_image_platform,
            mandatory = True,
        ),
        "binary": attr.label(
            doc = "The program with its crate list in the ELF section `.dep-v0`.",
            allow_files = True,
            cfg = each_image_platform,
            mandatory = True,
        ),
        "expected_failure": attr.string(doc = "Text that the check must print when it fails. Default: the check must pass."),
        "policy": attr.label(
            doc = "The allowed licenses, a file in the format of cargo-deny's deny.toml.",
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
