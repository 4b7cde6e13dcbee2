"""The macros behind `rust_crate` and `rust_tool` of `//tools/rust:defs.bzl`."""

load(":cargo_crate.bzl", "cargo_crate")
load(":cargo_package.bzl", "cargo_package")
load(":cargo_targets.bzl", "find_program")
load(":crate_library.bzl", "crate_library")
load(":crate_programs.bzl", "crate_extras", "crate_program", "program_target")
load(":crate_settings.bzl", "crate_settings")
load(":crate_tests.bzl", "crate_tests")
load(":lints.bzl", "TOOL_EXEMPTIONS")
load(":tool_binary.bzl", "tool_binary")

def rust_crate(name, deps = [], visibility = None, **settings):
    """Declares the targets of the Cargo package in the directory of the BUILD file, from its Cargo.toml.

    docs/cargo.md lists the supported keys of Cargo.toml.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_crate")

    rust_crate(
        name = "chassis",
        visibility = ["//services:__subpackages__"],
    )
    ```

    Targets created:

    * `<name>`: the library or the proc macro, with the alias `crate` for packages that depend on it
    * `<program>`: each program; `<program>_bin` if the library or a directory has the same name
    * `<name>_test`: unit tests of the library
    * `<name>_<program>_bin_test`: unit tests of each program
    * `<name>_doctest`: documentation tests of the library
    * `<name>_<test>_test`: each test in `tests/`, with the programs as `CARGO_BIN_EXE_<program>`
    * `<name>_<example>_example`, `<name>_<bench>_bench`: each example and bench; manual
    * `<name>_<example>_example_test`, `<name>_<bench>_bench_test`: those with `test = true`
    * `<name>_build_script`, `<name>_build_script_output`, `<name>_build_script_program_output`, `<name>_doctest_crate`, `*_test_program`: private

    Args:
        name: name of the library's target, and prefix of the others.
        deps: labels of libraries that are not in Cargo.toml, such as a `cc_library`. A crate of the workspace must be in Cargo.toml.
            Default: none.
        visibility: visibility of the library. Default: the package's.
        **settings: attributes of `crate_settings`, all optional: `build_script_data`, `build_script_env`, `build_script_tools`,
            `compile_data`, `data`, `rustc_env`, `rustc_flags`, `test_compile_data`, `test_env`, `test_size` and `test_tags`.
    """
    package = cargo_package()
    crate = cargo_crate(
        name,
        deps = deps,
        library = name,
        lint_flags = [],
        package = package,
        settings = crate_settings(**settings),
    )
    crate_library(crate, visibility)
    targets = {program["name"]: program_target(crate, program) for program in crate.programs}
    crate_extras(crate, targets)
    crate_tests(crate, targets)

def rust_tool(name, deps = [], visibility = ["//visibility:public"], **settings):
    """Declares the targets of a Cargo package whose main program the build runs.

    The bans in clippy.toml, which are for services, do not apply.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_tool")

    rust_tool(name = "load")
    ```

    Targets created: `<name>`, the program, a symlink to `<name>_bin`, which is compiled once for all configurations that use it; the others are
    those of `rust_crate`, except that the library is `<name>_lib`.

    Args:
        name: name of the main program in Cargo.toml and of its target. Fails if Cargo.toml has no such program.
        deps: labels of libraries that are not in Cargo.toml. Default: none.
        visibility: visibility of the program and the library. Default: public.
        **settings: attributes of `crate_settings`, all optional: `build_script_data`, `build_script_env`, `build_script_tools`,
            `compile_data`, `data`, `rustc_env`, `rustc_flags`, `test_compile_data`, `test_env`, `test_size` and `test_tags`.
    """
    package = cargo_package()
    crate = cargo_crate(
        name,
        deps = deps,
        library = name + "_lib",
        lint_flags = TOOL_EXEMPTIONS,
        package = package,
        settings = crate_settings(**settings),
    )
    crate_library(crate, visibility)
    program = find_program(package, name, name, "src/main.rs or a [[bin]]")
    main = name + "_bin"
    crate_program(crate, main, program, visibility = ["//visibility:private"])
    tool_binary(name = name, actual = main, visibility = visibility)
    targets = {program["name"]: program_target(crate, program) for program in crate.programs} | {name: main}
    crate_extras(crate, targets, main = [name])
    crate_tests(crate, targets)
