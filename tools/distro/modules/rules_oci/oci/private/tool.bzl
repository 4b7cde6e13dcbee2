"""The tools of the rules, which run in build actions and, under `bazel run`, on the machine.

One assembles images, the other accesses registries; the second is separate so that building an image does not compile TLS.
Both are built in one fixed configuration: static, so that they run on machines with an older C library, and the same
for all target platforms, so that their actions have the same key.
"""

_PLATFORM = str(Label("@musl_toolchains_hub//:x86_64_platform"))

# Overrides the flags of other configurations, which must not rebuild the tool.
_RUSTC_FLAGS = "@rules_rust//rust/settings:extra_rustc_flags"

# Flags of every crate of a small program: a remote cache transfers it to each machine that runs it. Libraries contain only bitcode, which the
# link of the program compiles: //tool:BUILD.bazel. Only for oci_push, because each first build of an image waits for oci_tool.
_SIZE_FLAGS = [
    "-Copt-level=s",
    "-Cpanic=abort",
    "-Clinker-plugin-lto=yes",
]

def _tool_transition(rustc_flags):
    return transition(
        implementation = lambda _settings, _attr: {
            _RUSTC_FLAGS: rustc_flags,
            "//command_line_option:compilation_mode": "opt",
            "//command_line_option:platforms": _PLATFORM,
        },
        inputs = [],
        outputs = [
            "//command_line_option:compilation_mode",
            "//command_line_option:platforms",
            _RUSTC_FLAGS,
        ],
    )

_oci_tool_transition = _tool_transition([])
_oci_push_transition = _tool_transition(_SIZE_FLAGS)

def _tool_attrs(tool, transition):
    return {
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
        "_tool": attr.label(
            default = tool,
            cfg = transition,
            executable = True,
        ),
    }

# Of rules that assemble or load images, and of rules that access registries. A rule has one of them.
TOOL_ATTRS = _tool_attrs(Label("//tool:oci_tool"), _oci_tool_transition)
PUSH_TOOL_ATTRS = _tool_attrs(Label("//tool:oci_push"), _oci_push_transition)

def get_tool(ctx):
    """Returns the tool's DefaultInfo.

    Args:
        ctx: The context of a rule with TOOL_ATTRS or PUSH_TOOL_ATTRS.

    Returns:
        DefaultInfo, whose files_to_run is for `ctx.actions.run`.
    """
    tool = ctx.attr._tool

    # With a transition, the attribute is a list of one target.
    return (tool[0] if type(tool) == type([]) else tool)[DefaultInfo]

def run_tool(ctx, command, args, **kwargs):
    """Registers an action of the tool.

    Args:
        ctx: The context of a rule with TOOL_ATTRS.
        command: String, the subcommand.
        args: Args, the subcommand's options; long lists are passed in a parameter file.
        **kwargs: Other arguments of `ctx.actions.run`.
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
    """Returns a label for display.

    Args:
        label: Label.

    Returns:
        String, without `@@` for targets of the main repository.
    """
    text = str(label)
    return text[2:] if text.startswith("@@//") else text
