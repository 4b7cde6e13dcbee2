"""`golden_test`: compares an image, an index or an archive with a file."""

_RUN = """\
#!/bin/sh
exec {command}
"""

# For negative tests of the check.
_RUN_EXPECTING_FAILURE = """\
#!/bin/sh
if output="$({command} 2>&1)"; then
  echo "expected the check to fail, but it passed" >&2
  exit 1
fi
printf '%s\\n' "$output"
case "$output" in
  *{expected}*) ;;
  *) echo "expected the check to fail with "{expected} >&2; exit 1 ;;
esac
"""

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

def _golden_test_impl(ctx):
    files = [ctx.executable._check, ctx.file.golden, ctx.file.actual] + ctx.files.digest
    template = _RUN_EXPECTING_FAILURE if ctx.attr.expected_failure else _RUN
    script = ctx.actions.declare_file(ctx.label.name + ".sh")
    ctx.actions.write(
        script,
        template.format(
            command = " ".join([_quote(file.short_path) for file in files]),
            expected = _quote(ctx.attr.expected_failure),
        ),
        is_executable = True,
    )

    # Only the default runfiles contain the files that blobs link to, so the check also verifies them.
    runfiles = ctx.runfiles(files).merge_all([
        ctx.attr._check[DefaultInfo].default_runfiles,
        ctx.attr.actual[DefaultInfo].default_runfiles,
    ])
    return [DefaultInfo(executable = script, runfiles = runfiles)]

golden_test = rule(
    doc = "Compares the documents of a layout, or the entries of an archive, with a file.",
    implementation = _golden_test_impl,
    attrs = {
        "actual": attr.label(
            doc = "Label of a layout or of a tar archive.",
            allow_single_file = True,
            mandatory = True,
        ),
        "digest": attr.label(
            doc = "Label of the image's `.digest`, default none: compared with the digest of the layout.",
            allow_single_file = True,
        ),
        "expected_failure": attr.string(doc = "String, default none: the check must fail with this error."),
        "golden": attr.label(
            doc = "Label of the golden file.",
            allow_single_file = True,
            mandatory = True,
        ),
        "_check": attr.label(
            default = Label("//tests/check:golden"),
            cfg = "target",
            executable = True,
        ),
    },
    test = True,
)
