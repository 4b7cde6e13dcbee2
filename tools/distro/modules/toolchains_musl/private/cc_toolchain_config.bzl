"""The configuration of a musl C toolchain. The wrapper scripts in private/ add further flags."""

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

# Bazel's link features, in its order, because custom action configs have none. `linker_param_file` is omitted, because ld.lld.sh.tpl
# translates arguments.
_LINK_FEATURES = [
    "strip_debug_symbols",
    "linkstamps",
    "output_execpath_flags",
    "library_search_directories",
    "libraries_to_link",
    "user_link_flags",
]

# Link actions to their additional features.
_LINK_ACTIONS = {
    ACTION_NAMES.cpp_link_executable: [],
    # ld.lld.sh.tpl rejects the option of `shared_flag`.
    ACTION_NAMES.cpp_link_dynamic_library: ["shared_flag"],
    ACTION_NAMES.cpp_link_nodeps_dynamic_library: ["shared_flag"],
}

def _flags(flags, mode = None, actions = _COMPILE):
    return flag_set(
        actions = actions,
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
        # Links with lld directly; the wrapper adds the options of a compiler driver.
        action_configs = [
            action_config(
                action_name = name,
                enabled = True,
                implies = features + _LINK_FEATURES,
                tools = [tool(path = bin + "ld.lld")],
            )
            for name, features in _LINK_ACTIONS.items()
        ],
        abi_libc_version = "musl",
        abi_version = "musl",
        compiler = "clang",
        features = [
            feature(name = "dbg"),
            feature(name = "fastbuild"),
            feature(name = "opt"),
            feature(name = "supports_pic", enabled = True),
            feature(name = "static_link_cpp_runtimes", enabled = False),
            feature(name = "fully_static_link", enabled = True),
            feature(
                name = "reject_dynamic_link",
                enabled = True,
                flag_sets = [flag_set(
                    actions = [ACTION_NAMES.cpp_link_executable],
                    # ld.lld.sh.tpl rejects it.
                    flag_groups = [flag_group(flags = ["--dynamic-linker=/lib/ld-musl-{}.so.1".format(ctx.attr.arch)])],
                    with_features = [with_feature_set(not_features = ["fully_static_link"])],
                )],
            ),
            feature(
                name = "treat_warnings_as_errors",
                flag_sets = [
                    flag_set(
                        actions = [ACTION_NAMES.c_compile, ACTION_NAMES.cpp_compile],
                        flag_groups = [flag_group(flags = ["-Werror"])],
                    ),
                    flag_set(
                        actions = [ACTION_NAMES.cpp_link_executable],
                        flag_groups = [flag_group(flags = ["--fatal-warnings"])],
                    ),
                ],
            ),
            feature(
                name = "generate_linkmap",
                flag_sets = [flag_set(
                    actions = [ACTION_NAMES.cpp_link_executable],
                    flag_groups = [flag_group(
                        expand_if_available = "output_execpath",
                        flags = ["-Map=%{output_execpath}.map"],
                    )],
                )],
            ),
            feature(
                name = "musl_defaults",
                enabled = True,
                flag_sets = [
                    # Position-independent, because executables are static-pie. Without paths and times, for reproducibility.
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
                    # The default of the original.
                    _flags(["-std=c++14"], actions = [ACTION_NAMES.cpp_compile, ACTION_NAMES.linkstamp_compile]),
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
        "arch": attr.string(doc = "CPU name in target triples.", mandatory = True),
    },
    provides = [CcToolchainConfigInfo],
)
