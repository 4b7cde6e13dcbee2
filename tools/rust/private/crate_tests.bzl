"""The unit tests and integration tests of a Cargo package."""

load("@rules_rust//rust:defs.bzl", "rust_test")
load(":cargo_crate.bzl", "rustc_attributes", "with_library")
load(":cargo_package.bzl", "EXECROOT", "config_env", "merged_labels", "rust_sources", "test_compile_files", "test_files")
load(":cargo_targets.bzl", "cargo_targets")
load(":cargo_test.bzl", "cargo_test")
load(":crate_deps.bzl", "crate_deps")
load(":target_names.bzl", "check_unused")

# Suffixes of the names of tests. Examples and benches are tests with `test = true`.
_SUFFIXES = {
    "bench": "bench_test",
    "example": "example_test",
    "test": "test",
}

# buildifier: disable=unnamed-macro
def crate_tests(crate, programs):
    """Declares the unit tests of the library and the programs, the tests in `tests/`, and examples and benches with `test = true`.

    Targets created: `<name>_test` for the library, `<name>_<program>_bin_test` for each program, `<name>_<test>_test` for each file of
    `tests/`, `<name>_<example>_example_test`, `<name>_<bench>_bench_test`, and the private `rust_test` `<test>_program` of each of them.

    Args:
        crate: result of `cargo_crate`.
        programs: dict from the name of a program in Cargo.toml to the name of its target.
    """
    if crate.library and crate.package["lib"]["test"]:
        _unit_test(crate, crate.name + "_test", crate.library)
    for program in crate.programs:
        if program["test"]:
            _unit_test(crate, "{}_{}_bin_test".format(crate.name, program["name"]), programs[program["name"]], harness = program["harness"])
    for section, suffix in _SUFFIXES.items():
        for test in cargo_targets(crate.package, section):
            if test["test"]:
                # cargo sets the paths of programs for tests and benches only.
                found = programs if section != "example" else None
                _integration_test(crate, "{}_{}_{}".format(crate.name, test["name"], suffix), test, found)

def _unit_test(crate, name, tested, harness = True):
    check_unused(name, "unit test of \"{}\"".format(tested))
    rust_test(
        name = name + "_program",
        compile_data = test_compile_files(),
        crate = tested,
        crate_features = crate.package["features"],
        edition = crate.package["edition"],
        rustc_flags = crate.rustc_flags,
        tags = ["manual"],
        use_libtest_harness = harness,
        visibility = ["//visibility:private"],
        **crate_deps(crate.package, ["dev"])
    )
    _test(crate, name)

def _integration_test(crate, name, test, programs):
    check_unused(name, "test \"{}\"".format(test["name"]))
    attributes = with_library(crate, rustc_attributes(crate, test["path"], test["name"].replace("-", "_"), ["normal", "dev"]))

    # Any file may be a module of a test, even one that is a test or belongs to another crate.
    attributes["srcs"] = rust_sources("")
    attributes["compile_data"] = merged_labels(attributes["compile_data"], test_compile_files(), crate.settings.test_compile_data)
    attributes["rustc_env"] = attributes["rustc_env"] | ({"CARGO_BIN_NAME": test["name"]} if programs == None else crate.skipped_env | {
        "CARGO_BIN_EXE_" + program: "{}/target/bin/{}".format(EXECROOT, program)
        for program in programs
    } | {"CARGO_TARGET_TMPDIR": EXECROOT + "/target/tmp"})
    rust_test(
        name = name + "_program",
        tags = ["manual"],
        use_libtest_harness = test["harness"],
        visibility = ["//visibility:private"],
        **attributes
    )
    _test(crate, name, {target: program for program, target in (programs or {}).items()})

def _test(crate, name, programs = {}):
    cargo_test(
        name = name,
        size = crate.settings.test_size,
        data = merged_labels(crate.settings.data, test_files()),
        directory = native.package_name(),
        env = config_env(crate.package, EXECROOT, escaped = False) | crate.package["env"] | {
            "CARGO_MANIFEST_PATH": "/".join([EXECROOT, native.package_name(), "Cargo.toml"]),
        } | crate.settings.test_env,
        programs = programs,
        tags = crate.settings.test_tags,
        test = name + "_program",
    )
