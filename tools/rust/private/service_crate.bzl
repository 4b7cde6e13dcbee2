"""A service's crate: library, program and tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary", "rust_library", "rust_test")
load(":profile.bzl", "BINARY_FLAGS")
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
    rust_library(
        name = name + "_lib",
        srcs = native.glob(["src/**/*.rs"], exclude = ["src/main.rs"]),
        aliases = aliases(),
        crate_name = name,
        proc_macro_deps = all_crate_deps(proc_macro = True),
        deps = deps + all_crate_deps(normal = True),
    )

    rust_test(
        name = name + "_test",
        size = "small",
        aliases = aliases(normal_dev = True),
        crate = name + "_lib",
        proc_macro_deps = all_crate_deps(proc_macro_dev = True),
        deps = all_crate_deps(normal_dev = True),
    )

    _program(
        name = program,
        crate_name = name,
        crate_list = crate_list,
        release_flags = BINARY_FLAGS,
    )

    # Linked only for whoever asks where its bytes come from.
    _program(
        name = name + "_symbols",
        crate_name = name,
        crate_list = crate_list,
        release_flags = BINARY_FLAGS + ["-Cstrip=none"],
    )

    for test in native.glob(["tests/*.rs"], allow_empty = True):
        stem = test.removeprefix("tests/").removesuffix(".rs")
        rust_test(
            name = "{}_{}_test".format(name, stem),
            size = "small",
            srcs = [test],
            aliases = aliases(normal = True, normal_dev = True),
            crate_root = test,
            data = [program],
            proc_macro_deps = all_crate_deps(proc_macro = True, proc_macro_dev = True),
            rustc_env = {"CARGO_BIN_EXE_" + name: "$(rootpath {})".format(program)},
            deps = [name + "_lib"] + all_crate_deps(normal = True, normal_dev = True),
        )

    release_binary(
        name = name,
        actual = program,
        visibility = visibility,
    )

def _program(name, crate_name, crate_list, release_flags):
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
        rustc_flags = select({
            "//tools/rust:opt_musl": release_flags + ["-Clink-arg=$(execpath {})".format(crate_list)],
            "//conditions:default": [],
        }),
        tags = ["manual"],
        visibility = ["//visibility:private"],
        deps = [crate_name + "_lib"] + all_crate_deps(normal = True),
    )
