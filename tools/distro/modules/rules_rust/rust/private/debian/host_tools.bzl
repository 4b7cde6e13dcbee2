"""The repository `rust_host_tools`: the root's cargo and rustc at the paths that crate_universe expects."""

def _debian_host_tools_impl(rctx):
    for tool in ["cargo", "rustc"]:
        rctx.symlink("/usr/bin/" + tool, "bin/" + tool)
    rctx.file("BUILD.bazel", """exports_files(glob(["bin/*"]))\n""")

debian_host_tools = repository_rule(
    doc = "cargo and rustc of the build root as `bin/cargo` and `bin/rustc`.",
    implementation = _debian_host_tools_impl,
    local = True,
)
