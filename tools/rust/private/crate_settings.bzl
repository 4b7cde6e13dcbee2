"""What a BUILD file says of a crate beyond its Cargo.toml."""

def crate_settings(
        compile_data = None,
        data = [],
        rustc_env = {},
        rustc_flags = [],
        build_script_data = [],
        build_script_env = {},
        build_script_tools = [],
        test_compile_data = [],
        test_env = {},
        test_size = "small",
        test_tags = []):
    """Attributes of `rust_crate`, `rust_service` and `rust_tool` that are handed on to the rules behind them.

    Args:
        compile_data: labels of files that sources include (`include_str!`, templates, migrations); default None, all files of
            the package but Rust sources, `tests/`, `examples/` and `benches/`.
        data: labels of files that programs and tests read when they run, besides those of the package.
        rustc_env: variables for rustc, a dict; `$(rootpath LABEL)` is expanded.
        rustc_flags: flags for rustc, after those of the lints.
        build_script_data: labels of files that `build.rs` reads, besides those of `compile_data`. Where it reads Rust
            sources, `glob(["src/**/*.rs"])`.
        build_script_env: variables for `build.rs`, a dict; `$(execpath LABEL)` is expanded.
        build_script_tools: labels of programs that `build.rs` runs, built for the machine that builds.
        test_compile_data: labels of files that `tests/*.rs` include, besides those in `tests/`.
        test_env: variables for tests, a dict.
        test_size: `size` of tests; default "small", a minute.
        test_tags: `tags` of tests, as in `["exclusive"]`.

    Returns:
        A struct of these.
    """
    return struct(
        build_script_data = build_script_data,
        build_script_env = build_script_env,
        build_script_tools = build_script_tools,
        compile_data = compile_data,
        data = data,
        rustc_env = rustc_env,
        rustc_flags = rustc_flags,
        test_compile_data = test_compile_data,
        test_env = test_env,
        test_size = test_size,
        test_tags = test_tags,
    )
