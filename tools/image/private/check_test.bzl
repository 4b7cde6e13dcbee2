"""The rule behind all gates: a test that runs a subcommand of `image_check`."""

load("//tools/cargo/private:workspace_requests.bzl", "WorkspaceRequestsInfo")
load("//tools/sbom:defs.bzl", "linked_crates")
load(":base.bzl", "ImageBaseInfo", "image_bases")
load(":linked_crates.bzl", "write_linked_crates")

# An argument that is replaced with `--base LAYOUT` for each base of `image`.
BASES = "$(bases)"

# An argument that is replaced with the path of the crates file of `program`.
CRATES = "$(crates)"

# Subcommands that run programs of an image in new namespaces, which the sandbox of a remote worker may forbid.
_NEEDS_NAMESPACES = ["all", "boot", "debug", "output", "run"]

_RUN = """\
#!/bin/sh
exec {command} "$@"
"""

# For tests of the gates: the check must fail and print the expected text.
_RUN_EXPECTING_FAILURE = """\
#!/bin/sh
output="$({command} 2>&1)"
status=$?
printf '%s\\n' "$output"
if [ "$status" -ne 1 ]; then
  echo "expected the check to fail (exit code 1), but it exited with $status" >&2
  exit 1
fi
case "$output" in
  *{expected}*) ;;
  *) echo "the check failed, but its output does not contain "{expected} >&2; exit 1 ;;
esac
"""

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

# Symlinks with unique names, because outputs of two configurations have the same path in the runfiles.
def _link_bases(ctx):
    links = []
    for layout in ctx.attr.image[ImageBaseInfo].layouts.to_list() if ctx.attr.image else []:
        link = ctx.actions.declare_directory("{}.base{}".format(ctx.label.name, len(links)))
        ctx.actions.symlink(output = link, target_file = layout)
        links.append(link)
    return links

def _check_test_impl(ctx):
    bases = _link_bases(ctx)
    crates = write_linked_crates(ctx, ctx.attr.program, ctx.attr.requests) if ctx.attr.program else None
    command_line = [ctx.executable._check.short_path, ctx.attr.check]
    for argument in ctx.attr.arguments:
        if argument == BASES:
            for base in bases:
                command_line.extend(["--base", base.short_path])
        elif argument == CRATES:
            command_line.append(crates.short_path)
        else:
            command_line.append(ctx.expand_location(argument, ctx.attr.data))
    command = " ".join([_quote(argument) for argument in command_line])
    script = ctx.actions.declare_file(ctx.label.name)
    template = _RUN_EXPECTING_FAILURE if ctx.attr.expected_failure else _RUN
    ctx.actions.write(
        script,
        template.format(command = command, expected = _quote(ctx.attr.expected_failure)),
        is_executable = True,
    )
    runfiles = ctx.runfiles(
        ctx.files.data + bases + ([crates] if crates else []),
        transitive_files = ctx.attr.image[ImageBaseInfo].files if ctx.attr.image else None,
    ).merge(ctx.attr._check[DefaultInfo].default_runfiles)
    return [
        DefaultInfo(
            executable = script,
            runfiles = runfiles.merge_all([target[DefaultInfo].default_runfiles for target in ctx.attr.data]),
        ),
        testing.ExecutionInfo({"no-remote-exec": ""} if ctx.attr.check in _NEEDS_NAMESPACES else {}),
    ]

check_test = rule(
    doc = "Runs `image_check <check> <arguments>`. The test passes if the check passes, or, with `expected_failure`, if it fails and prints that text.",
    implementation = _check_test_impl,
    attrs = {
        "arguments": attr.string_list(
            doc = "The arguments. `$(rootpath LABEL)` expands to the path of a file of `data`, `$(bases)` to `--base LAYOUT` for " +
                  "each base of `image`, and `$(crates)` to the path of the crates file of `program`.",
        ),
        "check": attr.string(
            doc = "The subcommand of `image_check`.",
            mandatory = True,
            values = ["all", "boot", "debug", "elf", "output", "run", "size", "structure"],
        ),
        "data": attr.label_list(
            doc = "Files that the arguments name.",
            allow_files = True,
        ),
        "expected_failure": attr.string(doc = "Text that the check must print when it fails. Default: the check must pass."),
        "image": attr.label(
            doc = "The image whose bases replace `$(bases)`. Default: none.",
            aspects = [image_bases],
        ),
        "program": attr.label(
            doc = "The program whose crates file replaces `$(crates)`. Default: none.",
            aspects = [linked_crates],
        ),
        "requests": attr.label(
            doc = "`@thimble_workspaces//:requests`. Required with `program`.",
            providers = [WorkspaceRequestsInfo],
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "target",
            executable = True,
        ),
    },
    test = True,
)
