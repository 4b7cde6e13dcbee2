"""A service's crate: library, program and tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary")
load(":crate.bzl", "crate_library", "crate_tests")
load(":profile.bzl", "VERSION", "release_rustc_flags")
load(":release.bzl", "release_binary")

def service_crate(name, program, crate_list, deps, visibility):
    """The crate `name`.

    Targets created: `<name>`, `<name>_lib`, `<name>_test`, one `<name>_<file>_test` for each `tests/<file>.rs`, and the
    private `program` and `<name>_symbols`.

    Args:
        name: the crate.
        program: name of the target of its program as any configuration builds it; `<name>` is the same in the release profile.
        crate_list: label of an object file with the list of crates, which is linked into the program.
        deps: labels of first-party crates; those of Cargo.toml come by themselves.
        visibility: of `<name>`.
    """
    crate_library(
        name = name + "_lib",
        crate_name = name,
        deps = deps,
        visibility = None,
    )
    crate_tests(
        name = name,
        library = name + "_lib",
        program = program,
        deps = deps,
    )

    _program(
        name = program,
        crate_name = name,
        crate_list = crate_list,
        deps = deps,
    )

    # Linked only for whoever asks where its bytes come from.
    _program(
        name = name + "_symbols",
        crate_name = name,
        crate_list = crate_list,
        deps = deps,
        further_flags = ["-Cstrip=none"],
    )

    release_binary(
        name = name,
        actual = program,
        visibility = visibility,
    )

def _program(name, crate_name, crate_list, deps, further_flags = []):
    rust_binary(
        name = name,
        srcs = ["src/main.rs"],
        aliases = aliases(),
        compile_data = select({
            "//tools/rust:opt_musl": [crate_list],
            "//conditions:default": [],
        }),
        crate_name = crate_name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        rustc_flags = release_rustc_flags(further_flags + ["-Clink-arg=$(execpath {})".format(crate_list)]),
        # With --stamp a program would be linked again for each commit; its image says the commit, in a layer.
        stamp = 0,
        tags = ["manual"],
        version = VERSION,
        visibility = ["//visibility:private"],
        deps = [crate_name + "_lib"] + deps + all_crate_deps(normal = True),
    )
