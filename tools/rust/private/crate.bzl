"""The macros behind `rust_crate` and `rust_tool` of `//tools/rust:defs.bzl`."""

load(":cargo_crate.bzl", "cargo_crate")
load(":cargo_package.bzl", "cargo_package")
load(":crate_library.bzl", "crate_library")
load(":crate_programs.bzl", "crate_extras", "crate_program", "program_target")
load(":crate_settings.bzl", "crate_settings")
load(":crate_tests.bzl", "crate_tests")
load(":lints.bzl", "TOOL_EXEMPTIONS")

def rust_crate(name, deps = [], visibility = None, **settings):
    """A crate and its tests, as Cargo.toml beside the BUILD file describes them; docs/cargo.md lists each key.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_crate")

    rust_crate(
        name = "chassis",
        visibility = ["//services:__subpackages__"],
    )
    ```

    Targets created:

    * `<name>`: the library or the proc macro, and `crate`, its name for packages that depend on it
    * `<program>`: each program; `<program>_bin` if the library or a directory has the same name
    * `<name>_test`: unit tests of the library, `<name>_<program>_bin_test` of each program, `<name>_doctest` of the documentation
    * `<name>_<test>_test`: one for each of `tests/`, with the programs as `CARGO_BIN_EXE_<program>`
    * `<name>_<example>_example`, `<name>_<bench>_bench`: manual
    * private: `<name>_build_script`, `*_test_program`

    Args:
        name: the crate.
        deps: labels of libraries that Cargo.toml does not name, as of a `cc_library`. Crates of the workspace are read from
            Cargo.toml.
        visibility: of the library; default the package's.
        **settings: attributes of `crate_settings`.
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
    crate_extras(crate)
    crate_tests(crate, {program["name"]: program_target(crate, program) for program in crate.programs})

def rust_tool(name, deps = [], visibility = ["//visibility:public"], **settings):
    """A program that the build runs, and its tests, as Cargo.toml beside the BUILD file describes them.

    ```starlark
    load("//tools/rust:defs.bzl", "rust_tool")

    rust_tool(name = "load")
    ```

    Targets created: those of `rust_crate`, but the library is `<name>_lib`.

    Args:
        name: the program.
        deps: labels of libraries that Cargo.toml does not name.
        visibility: of the program and the library.
        **settings: attributes of `crate_settings`.
    """
    package = cargo_package()
    crate = cargo_crate(
        name,
        deps = deps,
        library = name + "_lib",
        # Bans in clippy.toml are for services.
        lint_flags = TOOL_EXEMPTIONS,
        package = package,
        settings = crate_settings(**settings),
    )
    crate_library(crate, visibility)
    programs = [program for program in crate.programs if program["name"] == name]
    if not programs:
        fail("//{}: Cargo.toml has no program \"{}\": write src/main.rs, or a [[bin]]".format(native.package_name(), name))
    crate_program(crate, name, programs[0], visibility = visibility)
    crate_extras(crate, main = [name])
    crate_tests(crate, {program["name"]: program_target(crate, program) for program in crate.programs})
