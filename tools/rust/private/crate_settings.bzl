"""The attributes of a crate that Cargo.toml has no keys for."""

def crate_settings(
        compile_data = [],
        data = [],
        rustc_env = {},
        rustc_flags = [],
        build_script_data = [],
        build_script_env = {},
        build_script_tools = [],
        test_compile_data = [],
        test_env = {},
        test_size = "small",
        test_tags = [],
        **unknown):
    """Attributes that `rust_crate`, `rust_tool`, `rust_service`, `rust_grpc_service` and `rust_job` accept for their crate.

    Args:
        compile_data: labels of files that sources and `build.rs` include (`include_str!`, templates, migrations), in addition to those of
            the package except Rust sources, `tests/`, `examples/` and `benches/`. Default: none.
        data: labels of files that programs and tests read at run time. Tests, examples and benches also find all files of the package;
            programs find none of them. Default: none.
        rustc_env: dict of environment variables for rustc; `$(rootpath LABEL)` is expanded. Default: none.
        rustc_flags: list of flags for rustc that follow those of the lints. Default: none.
        build_script_data: labels of files that `build.rs` reads or includes, in addition to those of the package except `tests/`, `examples/`
            and `benches/`. Default: none.
        build_script_env: dict of environment variables for `build.rs`; `$(execpath LABEL)` is expanded. Default: none.
        build_script_tools: labels of programs that `build.rs` runs, built for the execution platform. Default: none.
        test_compile_data: labels of files that `tests/*.rs` include, in addition to those in `tests/`. Default: none.
        test_env: dict of environment variables for tests. Default: none.
        test_size: `size` of tests, which sets their timeout. Default: "small", one minute.
        test_tags: list of `tags` of tests, as in `["exclusive"]`. Default: none.
        **unknown: attributes that no macro has; an error.

    Returns:
        A struct of the attributes.
    """
    settings = dict(
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
    if unknown:
        fail("//{}: unknown attributes {}: expected those in docs/reference/rust.md, or of the crate: {}".format(
            native.package_name(),
            sorted(unknown),
            ", ".join(settings),
        ))
    return struct(**settings)
