"""`release`: a target as images need it, in the release profile and for an image's platform."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load(":profile.bzl", "CRATE_FLAGS")

_PLATFORMS = "//command_line_option:platforms"
_MODE = "//command_line_option:compilation_mode"
_FLAGS = "@rules_rust//rust/settings:extra_rustc_flags"

_LABELS = [platform.label for platform in IMAGE_PLATFORMS]

def _image_platform(settings, attr):
    asked = settings[_PLATFORMS]
    return [getattr(attr, "platform", None) or (asked[0] if asked and asked[0] in _LABELS else _LABELS[0])]

def _release_transition_impl(settings, attr):
    return {
        _FLAGS: CRATE_FLAGS,
        _MODE: "opt",
        _PLATFORMS: _image_platform(settings, attr),
    }

release_transition = transition(
    implementation = _release_transition_impl,
    inputs = [_PLATFORMS],
    outputs = [_FLAGS, _MODE, _PLATFORMS],
)

def _release_impl(ctx):
    actual = ctx.attr.actual[0]
    info = actual[DefaultInfo]
    files = info.files.to_list()
    if len(files) != 1:
        fail("{}: 'actual' must have one output, a file or a directory; {} has {}".format(ctx.label, actual.label, len(files)))

    source = files[0]
    name = ctx.attr.out or ctx.label.name
    executable = info.files_to_run.executable == source
    out = ctx.actions.declare_directory(name) if source.is_directory else ctx.actions.declare_file(name)
    ctx.actions.symlink(output = out, target_file = source, is_executable = executable)

    providers = [DefaultInfo(
        files = depset([out]),
        runfiles = ctx.runfiles([out]).merge(info.default_runfiles),
        executable = out if executable else None,
    )]
    if OutputGroupInfo in actual:
        providers.append(actual[OutputGroupInfo])
    return providers

# In the compilation mode of the command line, as debuggers need it.
_image_platform_transition = transition(
    implementation = lambda settings, attr: {_PLATFORMS: _image_platform(settings, attr)},
    inputs = [_PLATFORMS],
    outputs = [_PLATFORMS],
)

_ATTRS = {
    "actual": attr.label(
        doc = "The target to build: one file or directory, with its runfiles.",
        cfg = release_transition,
        mandatory = True,
    ),
    "out": attr.string(
        doc = "Name of the output; default: the target's name.",
    ),
    "platform": attr.label(
        doc = "The platform to build for; default: as `--platforms` says.",
    ),
}

release = rule(
    doc = """Builds `actual` in the release profile (`tools/rust/private/profile.bzl`) with `-c opt`, for `platform`, or for the
platform that `--platforms` names if it is one of `IMAGE_PLATFORMS`, else for the first of them. The rest of the command
line's configuration is kept.

```starlark
release(
    name = "image",
    actual = ":image_oci",
)
```
""",
    implementation = _release_impl,
    attrs = _ATTRS,
)

release_binary = rule(
    doc = "`release` of a program: can be run, and be a tool or data of other targets.",
    implementation = _release_impl,
    attrs = _ATTRS,
    executable = True,
)

image_platform_binary = rule(
    doc = "Builds the program `actual` as `release_binary` does, but in the profile and compilation mode of the command line.",
    implementation = _release_impl,
    attrs = _ATTRS | {
        "actual": attr.label(
            doc = "The program.",
            cfg = _image_platform_transition,
            mandatory = True,
        ),
    },
    executable = True,
)
