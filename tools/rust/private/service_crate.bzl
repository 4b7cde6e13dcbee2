"""The crate of a service."""

load("//tools/image:defs.bzl", "image_size_report")
load(":cargo_crate.bzl", "cargo_crate")
load(":cargo_package.bzl", "cargo_package")
load(":cargo_targets.bzl", "find_program")
load(":crate_deps.bzl", "crate_deps")
load(":crate_library.bzl", "crate_library")
load(":crate_programs.bzl", "crate_extras", "crate_program", "program_target")
load(":crate_settings.bzl", "crate_settings")
load(":crate_tests.bzl", "crate_tests")
load(":profile.bzl", "release_rustc_flags")
load(":release.bzl", "release_binary")
load(":short_names.bzl", "short_names")
load(":stripped.bzl", "stripped_release")

def service_crate(name, crate_list, programs, deps, library_visibility, visibility, settings):
    """Declares the crate of a service, and its programs in the release profile.

    Targets created: `<name>`, `<name>.release`, `<name>.symbols`, `<name>.size_report`, `<program>.release` for each of `programs`, and
    those of `rust_crate`, where the library is `<name>_lib`.

    Args:
        name: name of the service and of its program in Cargo.toml.
        crate_list: label of the crate list to add to the programs, an output of `sbom_documents`.
        programs: list of names of other programs of the crate for the image.
        deps: labels of libraries that are not in Cargo.toml.
        library_visibility: visibility of the library.
        visibility: visibility of the programs.
        settings: dict of the attributes of `crate_settings`.

    Returns:
        A struct with `deps`, the dependencies of the program, and `programs`, a dict from the name of each of `programs` to its label in
        the release profile. Fails if Cargo.toml does not have one of the programs.
    """
    crate = cargo_crate(
        name,
        deps = deps,
        library = name + "_lib",
        lint_flags = [],
        package = cargo_package(),
        settings = crate_settings(**settings),
    )
    targets = {program["name"]: program_target(crate, program) for program in crate.programs} | {name: name}
    declared = {
        program: find_program(crate.package, name, program, "src/main.rs, src/bin/{}.rs or a [[bin]]".format(program))
        for program in [name] + programs
    }

    crate_library(crate, visibility = library_visibility)
    for program in [name] + programs:
        crate_program(
            crate,
            targets[program],
            declared[program],
            # `stripped_release` strips it.
            rustc_flags = release_rustc_flags(["-Cstrip=none"]),
            visibility = visibility,
        )
        stripped_release(
            name = program + ".release",
            actual = targets[program],
            crate_list = crate_list,
            visibility = visibility,
        )
    crate_extras(crate, targets, main = [name] + programs)
    crate_tests(crate, targets)

    release_binary(
        name = name + ".symbols",
        actual = name,
        visibility = visibility,
    )
    image_size_report(
        name = name + ".size_report",
        binary = name + ".symbols",
        tags = ["manual"],
        visibility = visibility,
    )
    short_names(name, ["size_report"], visibility = visibility)
    return struct(
        deps = ([crate.library] if crate.library else []) + crate_deps(crate.package, ["normal"], deps)["deps"],
        programs = {program: program + ".release" for program in programs},
    )
