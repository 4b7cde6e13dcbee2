"""Programs, examples and benches of a Cargo package."""

load("@rules_rust//rust:defs.bzl", "rust_binary")
load(":cargo_crate.bzl", "rustc_attributes")
load(":cargo_targets.bzl", "cargo_targets")

def crate_program(crate, name, program, rustc_flags = [], kinds = ["normal"], **attributes):
    """A program.

    Args:
        crate: see `cargo_crate`.
        name: the target.
        program: see `cargo_targets`.
        rustc_flags: flags for rustc, after the crate's.
        kinds: of dependencies; see `crate_deps`.
        **attributes: further ones of `rust_binary`.
    """
    common = rustc_attributes(crate, program["path"], program["name"].replace("-", "_"), kinds)
    if crate.library and not crate.package["lib"]["proc_macro"]:
        common["deps"] = [crate.library] + common["deps"]
    common["rustc_env"] = common["rustc_env"] | {"CARGO_BIN_NAME": program["name"]}
    common["rustc_flags"] = common["rustc_flags"] + rustc_flags
    rust_binary(
        name = name,
        data = crate.settings.data,
        # With --stamp it would be linked again for each commit, and with it all that it makes.
        stamp = 0,
        **(common | attributes)
    )

# buildifier: disable=unnamed-macro
def crate_extras(crate, main = []):
    """Programs, examples and benches.

    Targets created: `<program>` for each program (`<program>_bin` where the library or a directory has that name), `<name>_<example>_example`
    and `<name>_<bench>_bench`, which are manual.

    Args:
        crate: see `cargo_crate`.
        main: names of programs that have targets already.
    """
    for program in crate.programs:
        if program["name"] not in main:
            crate_program(crate, program_target(crate, program), program)
    for section in ["example", "bench"]:
        for target in cargo_targets(crate.package, section):
            crate_program(
                crate,
                "{}_{}_{}".format(crate.name, target["name"], section),
                target,
                kinds = ["normal", "dev"],
                rustc_flags = ["--test"] if section == "bench" and target["harness"] else [],
                tags = ["manual"],
                testonly = True,
            )

def program_target(crate, program):
    """The target of a program that has the name of its own.

    Args:
        crate: see `cargo_crate`.
        program: see `cargo_targets`.

    Returns:
        A name.
    """
    name = program["name"]

    # A file beside a directory of the same name could not be in one runfiles tree.
    taken = name == crate.library or native.glob([name + "/**"], allow_empty = True)
    return name + "_bin" if taken else name
