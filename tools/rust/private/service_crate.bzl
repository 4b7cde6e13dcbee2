"""A service's crate: library, program and tests, from `src/`, `tests/` and `Cargo.toml` beside the BUILD file."""

load("@crates//:defs.bzl", "aliases", "all_crate_deps")
load("@rules_rust//rust:defs.bzl", "rust_binary")
load("//platforms:defs.bzl", "IMAGE_PLATFORMS")
load(":crate.bzl", "crate_library", "crate_tests")
load(":profile.bzl", "VERSION", "release_rustc_flags")
load(":release.bzl", "release_binary")
load(":stripped.bzl", "stripped")

def service_crate(name, program, crate_list, deps, visibility):
    """The crate `name`.

    Targets created: `<name>`, `<name>_symbols`, `<name>_lib`, `<name>_test`, one `<name>_<file>_test` for each
    `tests/<file>.rs`, and the private `program`, `<name>_unstripped`, and the first two with `_<architecture>` for each
    platform but the first.

    Args:
        name: the crate.
        program: name of the target of its program without symbols; `<name>` is the same in the release profile.
        crate_list: label of an object file with the list of crates, which is linked into the program.
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
        crate_list = crate_list,
        deps = deps,
    )

    stripped(
        name = program,
        actual = unstripped,
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )

    for target, actual in {name: program, name + "_symbols": unstripped}.items():
        release_binary(
            name = target,
            actual = actual,
            visibility = visibility,
        )

        for platform in IMAGE_PLATFORMS[1:]:
            release_binary(
                name = "{}_{}".format(target, platform.architecture),
                actual = actual,
                platform = platform.label,
                tags = ["manual"],
                visibility = ["//visibility:private"],
            )

def _program(name, crate_name, crate_list, deps):
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
        rustc_flags = release_rustc_flags([
            "-Clink-arg=$(execpath {})".format(crate_list),
            # `stripped` does the rest.
            "-Cstrip=debuginfo",
        ]),
        # With --stamp a program would be linked again for each commit; its image says the commit, in a layer.
        stamp = 0,
        tags = ["manual"],
        version = VERSION,
        visibility = ["//visibility:private"],
        deps = [crate_name + "_lib"] + deps + all_crate_deps(normal = True),
    )
