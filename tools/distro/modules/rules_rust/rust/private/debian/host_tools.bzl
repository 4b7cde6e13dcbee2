"""The repository `rust_host_tools`: the root's cargo and rustc at the paths that crate_universe expects."""

# cargo-bazel clears the environment for `cargo --version`. Without CARGO_HOME and HOME, cargo fails for a user without a name.
_CARGO = """\
#!/bin/sh
export CARGO_HOME="${CARGO_HOME:-/nonexistent}"
exec /usr/bin/cargo "$@"
"""

def _debian_host_tools_impl(rctx):
    rctx.file("bin/cargo", _CARGO)
    rctx.symlink("/usr/bin/rustc", "bin/rustc")
    rctx.file("BUILD.bazel", """exports_files(glob(["bin/*"]))\n""")

debian_host_tools = repository_rule(
    doc = "cargo and rustc of the build root as `bin/cargo` and `bin/rustc`.",
    implementation = _debian_host_tools_impl,
    local = True,
)
