"""The configuration of a musl C toolchain; what the wrappers in private/ add is not repeated here."""

load("@bazel_tools//tools/build_defs/cc:action_names.bzl", "ACTION_NAMES")
load(
    "@bazel_tools//tools/cpp:cc_toolchain_config_lib.bzl",
    "action_config",
    "feature",
    "flag_group",
    "flag_set",
    "tool",
    "tool_path",
    "with_feature_set",
)

_COMPILE = [
    ACTION_NAMES.assemble,
    ACTION_NAMES.preprocess_assemble,
    ACTION_NAMES.c_compile,
    ACTION_NAMES.cpp_compile,
    ACTION_NAMES.linkstamp_compile,
]

# Bazel's own link features, in its order: a linker of our own brings none of them along.
_LINK_FEATURES = [
    "strip_debug_symbols",
    "linkstamps",
    "output_execpath_flags",
    "library_search_directories",
    "libraries_to_link",
    "user_link_flags",
    "linker_param_file",
]

def _flags(flags, mode = None):
    return flag_set(
        actions = _COMPILE,
        flag_groups = [flag_group(flags = flags)],
        with_features = [with_feature_set(features = [mode])] if mode else [],
    )

def _impl(ctx):
    bin = "{}/bin/".format(ctx.attr.arch)
    tools = {
        "ar": "ar",
        "cpp": "cc",
        "dwp": "unsupported",
        "gcc": "cc",
        "gcov": "unsupported",
        "ld": "ld.lld",
        "nm": "unsupported",
        "objcopy": "unsupported",
        "objdump": "unsupported",
        "strip": "unsupported",
    }
    return cc_common.create_cc_toolchain_config_info(
        ctx = ctx,
        # lld itself links: what a compiler driver would add, the wrapper adds.
        action_configs = [action_config(
            action_name = ACTION_NAMES.cpp_link_executable,
            enabled = True,
            implies = _LINK_FEATURES,
            tools = [tool(path = bin + "ld.lld")],
        )],
        abi_libc_version = "musl",
        abi_version = "musl",
        compiler = "clang",
        features = [
            feature(name = "dbg"),
            feature(name = "fastbuild"),
            feature(name = "opt"),
            feature(name = "supports_pic", enabled = True),
            feature(name = "static_link_cpp_runtimes", enabled = False),
            feature(
                name = "musl_defaults",
                enabled = True,
                flag_sets = [
                    # Position-independent always: the executable is a static-pie. No path and no clock in what comes out.
                    _flags([
                        "-fPIC",
                        "-fstack-protector-strong",
                        "-ffunction-sections",
                        "-fdata-sections",
                        "-Wall",
                        "-no-canonical-prefixes",
                        "-ffile-compilation-dir=.",
                        "-Wno-builtin-macro-redefined",
                        "-D__DATE__=\"redacted\"",
                        "-D__TIME__=\"redacted\"",
                        "-D__TIMESTAMP__=\"redacted\"",
                    ]),
                    _flags(["-g"], mode = "dbg"),
                    _flags(["-O2", "-DNDEBUG"], mode = "opt"),
                ],
            ),
        ],
        host_system_name = "local",
        target_cpu = ctx.attr.arch,
        target_libc = "musl",
        target_system_name = ctx.attr.arch + "-linux-musl",
        tool_paths = [tool_path(name = name, path = bin + path) for name, path in tools.items()],
        toolchain_identifier = "musl-" + ctx.attr.arch,
    )

musl_cc_toolchain_config = rule(
    doc = "Configures clang and lld for one musl architecture.",
    implementation = _impl,
    attrs = {
        "arch": attr.string(doc = "The architecture, as triples name it.", mandatory = True),
    },
    provides = [CcToolchainConfigInfo],
)
