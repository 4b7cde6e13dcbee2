"""Rules that build a target with the release profile, for an image platform."""

load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load(":profile.bzl", "CRATE_FLAGS")

_PLATFORMS = "//command_line_option:platforms"
_MODE = "//command_line_option:compilation_mode"
_FLAGS = "@rules_rust//rust/settings:extra_rustc_flags"

_LABELS = [platform.label for platform in IMAGE_PLATFORMS]

def _image_platform(settings, attr):
    requested = settings[_PLATFORMS]
    return [getattr(attr, "platform", None) or (requested[0] if requested and requested[0] in _LABELS else _LABELS[0])]

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
        fail("{}: invalid attribute 'actual': {}: expected a target with one output, a file or a directory, found {}".format(
            ctx.label,
            actual.label,
            len(files),
        ))

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

# Keeps the compilation mode of the command line, for debuggers.
_image_platform_transition = transition(
    implementation = lambda settings, attr: {_PLATFORMS: _image_platform(settings, attr)},
    inputs = [_PLATFORMS],
    outputs = [_PLATFORMS],
)

_ATTRS = {
    "actual": attr.label(
        doc = "The target to build. It must have one output, a file or a directory.",
        cfg = release_transition,
        mandatory = True,
    ),
    "out": attr.string(
        doc = "Name of the output. Default: `name`.",
    ),
    "platform": attr.label(
        doc = "The platform to build for. Default: that of `--platforms` if it is one of `IMAGE_PLATFORMS`, else the first of them.",
    ),
}

release = rule(
    doc = """Builds a target with the release profile and `-c opt`, for an image platform.

The release profile is `[profile.release]` of Cargo.toml with the additions in `tools/rust/private/profile.bzl`. All other settings of the
configuration are those of the command line. The output is a symlink, with the runfiles and output groups of `actual`.

```starlark
load("//tools/rust:defs.bzl", "release")

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
    doc = """Builds a program as `release` does. The target is executable: it can be run, and be a tool of other targets.

```starlark
load("//tools/rust:defs.bzl", "release_binary")

release_binary(
    name = "server.release",
    actual = ":server",
)
```
""",
    implementation = _release_impl,
    attrs = _ATTRS,
    executable = True,
)

image_platform_binary = rule(
    doc = "Builds a program for an image platform, in the profile and compilation mode of the command line.",
    implementation = _release_impl,
    attrs = _ATTRS | {
        "actual": attr.label(
            doc = "The program to build.",
            cfg = _image_platform_transition,
            mandatory = True,
        ),
    },
    executable = True,
)
