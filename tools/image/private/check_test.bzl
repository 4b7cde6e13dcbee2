"""The one rule behind every gate: a test that runs a subcommand of `image_check`."""

load("//tools/sbom:defs.bzl", "linked_crates")
load(":base.bzl", "ImageBaseInfo", "image_bases")
load(":linked_crates.bzl", "write_linked_crates")

# In `arguments`: `--base LAYOUT` for each base of `image`.
BASES = "$(bases)"

# In `arguments`: the file of crates of `program`.
CRATES = "$(crates)"

# Checks that run programs of an image, in namespaces of their own, which an engine's sandbox may not allow.
_NEEDS_NAMESPACES = ["all", "boot", "debug", "output", "run"]

_RUN = """\
#!/bin/sh
exec {command} "$@"
"""

# For the gates' own tests: the check has to fail, and to say why.
_RUN_EXPECTING_FAILURE = """\
#!/bin/sh
output="$({command} 2>&1)"
status=$?
printf '%s\\n' "$output"
if [ "$status" -ne 1 ]; then
  echo "expected the check to fail (exit code 1), but it ended with $status" >&2
  exit 1
fi
case "$output" in
  *{expected}*) ;;
  *) echo "the check failed, but did not say "{expected} >&2; exit 1 ;;
esac
"""

# An image's stamp is of one commit; what a gate holds it to is of all.
_unstamped = transition(
    implementation = lambda settings, attr: {"//command_line_option:stamp": False},
    inputs = [],
    outputs = ["//command_line_option:stamp"],
)

def _quote(text):
    return "'" + text.replace("'", "'\\''") + "'"

# Under names of their own: in the runfiles, outputs of two configurations have the same path.
def _link_bases(ctx):
    links = []
    for layout in ctx.attr.image[ImageBaseInfo].layouts.to_list() if ctx.attr.image else []:
        link = ctx.actions.declare_directory("{}.base{}".format(ctx.label.name, len(links)))
        ctx.actions.symlink(output = link, target_file = layout)
        links.append(link)
    return links

def _check_test_impl(ctx):
    bases = _link_bases(ctx)
    crates = write_linked_crates(ctx, ctx.attr.program) if ctx.attr.program else None
    words = [ctx.executable._check.short_path, ctx.attr.check]
    for argument in ctx.attr.arguments:
        if argument == BASES:
            for base in bases:
                words.extend(["--base", base.short_path])
        elif argument == CRATES:
            words.append(crates.short_path)
        else:
            words.append(ctx.expand_location(argument, ctx.attr.data))
    command = " ".join([_quote(word) for word in words])
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
    doc = "Runs `image_check <check> <arguments>`; with `expected_failure` the check must fail, and say that text.",
    implementation = _check_test_impl,
    cfg = _unstamped,
    attrs = {
        "arguments": attr.string_list(
            doc = "Its arguments; `$(rootpath label)` names a file of `data`, `$(bases)` is `--base LAYOUT` for each base of `image`, " +
                  "`$(crates)` the file of crates of `program`.",
        ),
        "check": attr.string(
            doc = "The subcommand.",
            mandatory = True,
            values = ["all", "boot", "debug", "elf", "output", "run", "size", "structure"],
        ),
        "data": attr.label_list(
            doc = "What the arguments name.",
            allow_files = True,
        ),
        "expected_failure": attr.string(doc = "A text that a failing check must print; default: the check must pass."),
        "image": attr.label(
            doc = "The image whose bases the arguments name; default none.",
            aspects = [image_bases],
        ),
        "program": attr.label(
            doc = "The program whose crates the arguments name; default none.",
            aspects = [linked_crates],
        ),
        "_check": attr.label(
            default = "//tools/image/check:image_check",
            cfg = "target",
            executable = True,
        ),
    },
    test = True,
)
