"""A crate that others stand on, a crate of the build's own tools, and what a service's crate has in common with them."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary", "rust_library", "rust_test")
load(":lints.bzl", "LINT_FLAGS", "TOOL_LINT_FLAGS")
load(":profile.bzl", "VERSION")

def rust_crate(name, deps = [], test_compile_data = [], visibility = None):
    """A library crate and its tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_crate")

    rust_crate(
        name = "chassis",
        visibility = ["//services:__subpackages__"],
    )
    ```

    Targets created:

    * `<name>`: the library
    * `<name>_test`: its unit tests
    * `<name>_<file>_test`: one for each `tests/<file>.rs`; what lies in folders below `tests/` is for all of them
    * `<name>_fixture`: made if there is a `fixture/main.rs`, a program which the tests find as `CARGO_BIN_EXE_fixture`

    Args:
        name: the crate.
        deps: labels of first-party crates; those of Cargo.toml come by themselves.
        test_compile_data: labels of what the tests in `tests/` take in by include_str!.
        visibility: of the library; default the package's.
    """
    crate_library(
        name = name,
        crate_name = name,
        deps = deps,
        visibility = visibility,
    )
    fixture = None
    if native.glob(["fixture/main.rs"], allow_empty = True):
        fixture = name + "_fixture"
        rust_binary(
            name = fixture,
            testonly = True,
            srcs = native.glob(["fixture/**/*.rs"]),
            aliases = aliases(),
            crate_name = "fixture",
            proc_macro_deps = all_crate_deps(proc_macro = True),
            rustc_flags = LINT_FLAGS,
            version = VERSION,
            visibility = ["//visibility:private"],
            deps = [name] + deps + all_crate_deps(normal = True),
        )
    crate_tests(
        name = name,
        compile_data = test_compile_data,
        deps = deps,
        library = name,
        program = fixture,
        program_name = "fixture",
    )

def rust_tool(name, deps = [], visibility = ["//visibility:public"]):
    """A program of the build's own and its tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_tool")

    rust_tool(name = "load")
    ```

    Targets created:

    * `<name>`: the program
    * `<name>_lib`: the library, all but `src/main.rs`
    * `<name>_test`: its unit tests
    * `<name>_<test>_test`: one for each `tests/<test>.rs` or `tests/<test>/main.rs`, with the program as
      `CARGO_BIN_EXE_<name>`

    Args:
        name: the program; the crate is named the same, with `_` for `-`.
        deps: labels of first-party crates; those of Cargo.toml come by themselves.
        visibility: of the program and the library.
    """
    crate_name = name.replace("-", "_")
    crate_library(
        name = name + "_lib",
        crate_name = crate_name,
        deps = deps,
        rustc_flags = TOOL_LINT_FLAGS,
        visibility = visibility,
    )
    rust_binary(
        name = name,
        srcs = ["src/main.rs"],
        aliases = aliases(),
        crate_name = crate_name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_flags = TOOL_LINT_FLAGS,
        # With --stamp it would be linked again for each commit, and with it all that it makes.
        stamp = 0,
        version = VERSION,
        visibility = visibility,
        deps = [name + "_lib"] + deps + all_crate_deps(normal = True),
    )
    crate_tests(
        name = name,
        library = name + "_lib",
        program = name,
        deps = deps,
        rustc_flags = TOOL_LINT_FLAGS,
    )

def crate_library(name, crate_name, deps, visibility, rustc_flags = LINT_FLAGS):
    """The library target `name` of the crate `crate_name`: `src/` without main.rs.

    Args:
        name: the target.
        crate_name: the crate.
        deps: labels of first-party crates.
        visibility: of the target.
        rustc_flags: flags for rustc and clippy; default `LINT_FLAGS`.
    """
    rust_library(
        name = name,
        srcs = native.glob(["src/**/*.rs"], exclude = ["src/main.rs"]),
        aliases = aliases(),
        # What the sources take in by include_str! and include_bytes!.
        compile_data = native.glob(["src/**/*"], allow_empty = True, exclude = ["src/**/*.rs"]),
        crate_name = crate_name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_flags = rustc_flags,
        version = VERSION,
        visibility = visibility,
        deps = deps + all_crate_deps(normal = True),
    )

def crate_tests(name, library, deps = [], compile_data = [], program = None, program_name = None, rustc_flags = LINT_FLAGS):
    """`<name>_test`, and `<name>_<test>_test` for each `tests/<test>.rs` or `tests/<test>/main.rs`.

    Args:
        name: the crate.
        library: label of its library.
        deps: labels of first-party crates that the tests use besides.
        compile_data: labels of what the tests in `tests/` take in by include_str!.
        program: label of a program, which tests find as `CARGO_BIN_EXE_<program_name>`; None for a crate without.
        program_name: the program as cargo names it; default `name`.
        rustc_flags: flags for rustc and clippy; default `LINT_FLAGS`.
    """
    rust_test(
        name = name + "_test",
        size = "small",
        aliases = aliases(normal_dev = True),
        crate = library,
        proc_macro_deps = all_crate_deps(proc_macro_dev = True),
        rustc_flags = rustc_flags,
        deps = all_crate_deps(normal_dev = True),
    )

    for test in native.glob(["tests/*.rs", "tests/*/main.rs"], allow_empty = True):
        stem = test.removeprefix("tests/").removesuffix(".rs").removesuffix("/main")
        rust_test(
            name = "{}_{}_test".format(name, stem),
            size = "small",
            srcs = native.glob([test, "tests/*/**/*.rs"], allow_empty = True),
            aliases = aliases(normal = True, normal_dev = True),
            compile_data = compile_data,
            crate_root = test,
            data = [program] if program else [],
            proc_macro_deps = all_crate_deps(proc_macro = True, proc_macro_dev = True),
            rustc_env = {"CARGO_BIN_EXE_" + (program_name or name): "$(rootpath {})".format(program)} if program else {},
            rustc_flags = rustc_flags,
            version = VERSION,
            deps = [library] + deps + all_crate_deps(normal = True, normal_dev = True),
        )
