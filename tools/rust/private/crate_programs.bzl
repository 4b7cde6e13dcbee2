"""The programs, examples and benches of a Cargo package."""

load("@rules_rust//rust:defs.bzl", "rust_binary")
load(":cargo_crate.bzl", "rustc_attributes", "with_library")
load(":cargo_package.bzl", "EXECROOT", "merged_labels", "rust_sources", "test_compile_files", "test_files")
load(":cargo_targets.bzl", "cargo_targets")
load(":target_names.bzl", "check_unused")

def crate_program(crate, name, program, rustc_flags = [], kinds = ["normal"], programs = {}, env = None, data = None, **attributes):
    """Declares a program.

    Targets created: the `rust_binary` `<name>`.

    Args:
        crate: result of `cargo_crate`.
        name: name of the target.
        program: an element of the result of `cargo_targets`.
        rustc_flags: list of flags for rustc that follow those of the crate.
        kinds: list of the kinds of dependencies, as in `crate_deps`.
        programs: programs that it finds as `CARGO_BIN_EXE_<program>`, a dict from the name in Cargo.toml to the name of the target.
        env: dict of other environment variables of rustc. Default: None, `CARGO_BIN_NAME`.
        data: files that it reads at run time. Default: None, `data` of the BUILD file.
        **attributes: other attributes of `rust_binary`.
    """
    check_unused(name, "program, example or bench \"{}\"".format(program["name"]))
    common = with_library(crate, rustc_attributes(crate, program["path"], program["name"].replace("-", "_"), kinds))
    common["rustc_env"] = common["rustc_env"] | ({"CARGO_BIN_NAME": program["name"]} if env == None else env) | {
        # `bazel run` starts programs in the directory that these paths are relative to.
        "CARGO_BIN_EXE_" + key: "{}/$(rootpath {})".format(EXECROOT, target)
        for key, target in programs.items()
    }
    common["rustc_flags"] = common["rustc_flags"] + rustc_flags
    rust_binary(
        name = name,
        data = (crate.settings.data if data == None else data) + programs.values(),
        # With --stamp each commit would link the program and everything that depends on it again.
        stamp = 0,
        **(common | attributes)
    )

# buildifier: disable=unnamed-macro
def crate_extras(crate, programs, main = []):
    """Declares the other programs, the examples and the benches.

    Targets created: `<program>` for each program (`<program>_bin` if the library or a directory has that name), and the manual
    `<name>_<example>_example` and `<name>_<bench>_bench`.

    Args:
        crate: result of `cargo_crate`.
        programs: dict from the name of a program in Cargo.toml to the name of its target.
        main: names of programs that already have targets.
    """
    for program in crate.programs:
        if program["name"] not in main:
            crate_program(crate, programs[program["name"]], program)
    for section in ["example", "bench"]:
        for target in cargo_targets(crate.package, section):
            crate_program(
                crate,
                "{}_{}_{}".format(crate.name, target["name"], section),
                target,
                # As `cargo bench`: without it, criterion runs each benchmark once.
                args = ["--bench"] if section == "bench" else [],
                compile_data = merged_labels(crate.compile_data, test_compile_files()),
                # As under cargo, it finds all files of the package by CARGO_MANIFEST_DIR.
                data = merged_labels(crate.settings.data, test_files()),
                # `bazel run` creates no directory for the bench.
                env = crate.skipped_env | {"CARGO_TARGET_TMPDIR": "/tmp"} if section == "bench" else None,
                kinds = ["normal", "dev"],
                programs = programs if section == "bench" else {},
                rustc_flags = [] if section == "example" else ["--test"] if target["harness"] else ["--cfg=test"],
                # Examples and benches may share modules with each other and with tests.
                srcs = rust_sources(""),
                tags = ["manual"],
                testonly = True,
            )

def program_target(crate, program):
    """Returns the name of the target of a program.

    Args:
        crate: result of `cargo_crate`.
        program: an element of the result of `cargo_targets`.

    Returns:
        The name of the program, with the suffix `_bin` if the library or a directory has the same name.
    """
    name = program["name"]

    # A runfiles tree cannot contain a file and a directory of the same name.
    is_taken = name == crate.library or native.glob([name + "/**"], allow_empty = True)
    return name + "_bin" if is_taken else name
