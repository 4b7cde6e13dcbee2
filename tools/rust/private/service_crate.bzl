"""A service's crate: library, program and tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary")
load(":crate.bzl", "crate_library", "crate_tests")
load(":lints.bzl", "LINT_FLAGS")
load(":profile.bzl", "VERSION", "release_rustc_flags")
load(":release.bzl", "release_binary")
load(":stripped.bzl", "stripped_release")

def service_crate(name, crate_list, deps, visibility):
    """The crate `name`.

    Targets created: `<name>`, `<name>_symbols`, `<name>_lib`, `<name>_test`, one `<name>_<file>_test` for each
    `tests/<file>.rs`, and the private `<name>_unstripped`.

    Args:
        name: the crate.
        crate_list: label of the program's crate list, as `sbom_bills` writes it.
        deps: labels of first-party crates; those of Cargo.toml come by themselves.
        visibility: of `<name>` and `<name>_symbols`.
    """
    unstripped = name + "_unstripped"
    crate_library(
        name = name + "_lib",
        crate_name = name,
        deps = deps,
        visibility = None,
    )
    crate_tests(
        name = name,
        library = name + "_lib",
        program = unstripped,
        deps = deps,
    )

    _program(
        name = unstripped,
        crate_name = name,
        deps = deps,
    )

    stripped_release(
        name = name,
        actual = unstripped,
        crate_list = crate_list,
        visibility = visibility,
    )

    release_binary(
        name = name + "_symbols",
        actual = unstripped,
        visibility = visibility,
    )

def _program(name, crate_name, deps):
    rust_binary(
        name = name,
        srcs = ["src/main.rs"],
        aliases = aliases(),
        crate_name = crate_name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_flags = LINT_FLAGS + release_rustc_flags([
            # `stripped_release` does the rest.
            "-Cstrip=debuginfo",
        ]),
        # With --stamp a program would be linked again for each commit; its image says the commit, in a layer.
        stamp = 0,
        tags = ["manual"],
        version = VERSION,
        visibility = ["//visibility:private"],
        deps = [crate_name + "_lib"] + deps + all_crate_deps(normal = True),
    )
