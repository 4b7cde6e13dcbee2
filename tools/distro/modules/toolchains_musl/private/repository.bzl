"""The repository `musl_toolchains_hub`: zig, libc and libc++ as declared inputs, and their toolchains."""

_ZIG = "/thimble/zig"

_BUILD = """\
load("@toolchains_musl//private:cc_toolchain_config.bzl", "musl_cc_toolchain_config")

package(default_visibility = ["//visibility:public"])

filegroup(
    name = "compiler_headers",
    srcs = glob([
        "clang-include/**",
        "cxx-include/**",
    ]),
)
"""

_TOOLCHAIN = """
filegroup(
    name = "{arch}_compiler_files",
    srcs = [
        "zig",
        ":compiler_headers",
    ] + glob([
        "{arch}/bin/*",
        "{arch}/include/**",
    ]),
)

filegroup(
    name = "{arch}_linker_files",
    srcs = ["zig"] + glob([
        "{arch}/bin/*",
        "{arch}/lib/*",
    ]),
)

filegroup(
    name = "{arch}_files",
    srcs = [
        ":{arch}_compiler_files",
        ":{arch}_linker_files",
    ],
)

musl_cc_toolchain_config(
    name = "{arch}_config",
    arch = "{arch}",
)

cc_toolchain(
    name = "{arch}_cc_toolchain",
    all_files = ":{arch}_files",
    ar_files = ":{arch}_linker_files",
    as_files = ":{arch}_compiler_files",
    compiler_files = ":{arch}_compiler_files",
    dwp_files = ":{arch}_linker_files",
    linker_files = ":{arch}_linker_files",
    objcopy_files = ":{arch}_linker_files",
    strip_files = ":{arch}_linker_files",
    supports_param_files = False,
    toolchain_config = ":{arch}_config",
    toolchain_identifier = "musl-{arch}",
)

platform(
    name = "{arch}_platform",
    constraint_values = {target},
    visibility = ["//visibility:public"],
)

toolchain(
    name = "{arch}_toolchain",
    exec_compatible_with = {execution},
    target_compatible_with = {target},
    target_settings = {settings},
    toolchain = ":{arch}_cc_toolchain",
    toolchain_type = "@bazel_tools//tools/cpp:toolchain_type",
)
"""

def _cpus(rctx):
    """Returns the CPUs that the root has a libc for. Their names in triples are Bazel's too."""
    return sorted([
        directory.basename
        for directory in rctx.path(_ZIG).readdir()
        if directory.get_child("lib").get_child("libc.a").exists
    ])

def _musl_toolchains_impl(rctx):
    if not rctx.path(_ZIG).exists:
        fail("{} not found: it exists only in the build root; use tools/bazel:\n    tools/bazel build //...".format(_ZIG))
    for entry in ["zig", "clang-include", "cxx-include"]:
        rctx.symlink(_ZIG + "/" + entry, entry)

    content = [_BUILD]
    for arch in _cpus(rctx):
        for directory in ["include", "lib"]:
            rctx.symlink("{}/{}/{}".format(_ZIG, arch, directory), "{}/{}".format(arch, directory))
        for tool in ["cc", "ld.lld", "ar", "unsupported"]:
            rctx.template(
                "{}/bin/{}".format(arch, tool),
                Label("//private:{}.sh.tpl".format(tool)),
                {"{{arch}}": arch},
            )
        content.append(_TOOLCHAIN.format(
            arch = arch,
            execution = repr(["@platforms//cpu:x86_64", "@platforms//os:linux"] + rctx.attr.extra_exec_compatible_with),
            target = repr(["@platforms//cpu:" + arch, "@platforms//os:linux"] + rctx.attr.extra_target_compatible_with),
            settings = repr(rctx.attr.target_settings),
        ))
    rctx.file("BUILD.bazel", "".join(content))

musl_toolchains = repository_rule(
    doc = "C toolchains of the build root's zig.",
    implementation = _musl_toolchains_impl,
    attrs = {
        "extra_exec_compatible_with": attr.string_list(doc = "Canonical labels of constraint values."),
        "extra_target_compatible_with": attr.string_list(doc = "Canonical labels of constraint values."),
        "target_settings": attr.string_list(doc = "Canonical labels of `config_setting`s."),
    },
    local = True,
)
