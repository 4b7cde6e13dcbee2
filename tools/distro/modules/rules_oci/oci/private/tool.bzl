"""The tools behind the rules, built for whatever runs them: a build action or the machine at `bazel run`.

One assembles images, one speaks to registries; the second brings TLS with it, which no build of an image waits for.
Each is always the same static binary, so that it runs where the C library is older than the one of the build, and so
that an image is assembled by the same bytes whatever it is built for.
"""

_PLATFORM = str(Label("@musl_toolchains_hub//:x86_64_platform"))

# What an image's own configuration may set, and the tool must not be built again for.
_RUSTC_FLAGS = "@rules_rust//rust/settings:extra_rustc_flags"

def _tool_transition_impl(_settings, _attr):
    return {
        _RUSTC_FLAGS: [],
        "//command_line_option:compilation_mode": "opt",
        "//command_line_option:platforms": _PLATFORM,
    }

_tool_transition = transition(
    implementation = _tool_transition_impl,
    inputs = [],
    outputs = [
        "//command_line_option:compilation_mode",
        "//command_line_option:platforms",
        _RUSTC_FLAGS,
    ],
)

def _tool_attrs(tool):
    return {
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_tool": attr.label(
            default = tool,
            cfg = _tool_transition,
            executable = True,
        ),
    }

# For rules that assemble images or hand them to engines, and for those that speak to registries. A rule has one of them.
TOOL_ATTRS = _tool_attrs(Label("//tool:oci_tool"))
PUSH_TOOL_ATTRS = _tool_attrs(Label("//tool:oci_push"))

def get_tool(ctx):
    """Gives the tool's DefaultInfo.

    Args:
        ctx: The context of a rule that has TOOL_ATTRS or PUSH_TOOL_ATTRS.

    Returns:
        DefaultInfo, whose files_to_run is for `ctx.actions.run`.
    """
    tool = ctx.attr._tool

    # Behind a transition the attribute is a list, of one here.
    return (tool[0] if type(tool) == type([]) else tool)[DefaultInfo]

def run_tool(ctx, command, args, **kwargs):
    """Registers an action of the tool.

    Args:
        ctx: The context of a rule that has TOOL_ATTRS.
        command: String, the subcommand.
        args: Args, the subcommand's options; they go through a file when they are many.
        **kwargs: What else `ctx.actions.run` takes.
    """
    args.set_param_file_format("multiline")
    args.use_param_file("@%s")
    args.add("--target", display_label(ctx.label))
    ctx.actions.run(
        arguments = [command, args],
        executable = get_tool(ctx).files_to_run,
        toolchain = None,
        **kwargs
    )

def display_label(label):
    """Writes a label as people do.

    Args:
        label: Label.

    Returns:
        String, without the signs of a canonical name where the target is one of the workspace's own.
    """
    text = str(label)
    return text[2:] if text.startswith("@@//") else text
