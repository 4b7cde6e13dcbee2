"""The gate over the SBOMs."""

load("//platforms:transition.bzl", "each_image_platform")

# Of every platform, whatever the first ones say; the last line names each with its outcome.
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

# For the gate's own tests: it has to fail, and to say why.
_RUN_EXPECTING_FAILURE = """\
output="$(check 2>&1)"
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
    files = [ctx.file.policy]
    for architecture, sbom in ctx.split_attr.sbom.items():
        # Under names that differ: among the runfiles a file's path doesn't tell the platform.
        stem = "{}.{}".format(ctx.label.name, architecture)
        directory = ctx.actions.declare_directory(stem + ".sbom")
        ctx.actions.symlink(output = directory, target_file = _only(ctx, sbom))
        program = ctx.actions.declare_file(stem + ".program")
        ctx.actions.symlink(output = program, target_file = _only(ctx, ctx.split_attr.binary[architecture]))
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

# Bazel's own `allow_single_file` is not for attributes of several configurations.
def _only(ctx, target):
    files = target[DefaultInfo].files.to_list()
    if len(files) != 1:
        fail("{}: {} must have one output, it has {}; name a target that has".format(ctx.label, target.label, len(files)))
    return files[0]

sbom_test = rule(
    doc = """For each image platform, the SBOMs list the very crates that the program says are in it, and each has a license that
is allowed.

Prints how many crates there are of each license, and what is not checked.
""",
    implementation = _sbom_test_impl,
    attrs = {
        "sbom": attr.label(
            doc = "The directory of the SBOMs.",
            allow_files = True,
            cfg = each_image_platform,
            mandatory = True,
        ),
        "binary": attr.label(
            doc = "The program, with its crate list in section `.dep-v0`.",
            allow_files = True,
            cfg = each_image_platform,
            mandatory = True,
        ),
        "expected_failure": attr.string(doc = "A text that a failing check must print; default: the check must pass."),
        "policy": attr.label(
            doc = "The licenses that are allowed, as cargo-deny's deny.toml has them.",
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
