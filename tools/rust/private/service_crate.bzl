"""A service's crate, as Cargo.toml beside the BUILD file describes it."""

load(":cargo_crate.bzl", "cargo_crate")
load(":cargo_package.bzl", "cargo_package")
load(":crate_deps.bzl", "crate_deps")
load(":crate_library.bzl", "crate_library")
load(":crate_programs.bzl", "crate_extras", "crate_program", "program_target")
load(":crate_settings.bzl", "crate_settings")
load(":crate_tests.bzl", "crate_tests")
load(":profile.bzl", "release_rustc_flags")
load(":release.bzl", "release_binary")
load(":stripped.bzl", "stripped_release")

def service_crate(name, crate_list, deps, visibility, settings):
    """The crate `name`.

    Targets created: `<name>`, `<name>_symbols`, the private `<name>_unstripped`, and those of `rust_crate`, where the library is
    `<name>_lib`.

    Args:
        name: the service, and its program in Cargo.toml.
        crate_list: label of the program's crate list, as `sbom_bills` writes it.
        deps: labels of libraries that Cargo.toml does not name.
        visibility: of `<name>` and `<name>_symbols`.
        settings: dict of attributes of `crate_settings`.

    Returns:
        `deps` of the program, a list.
    """
    unstripped = name + "_unstripped"
    crate = cargo_crate(
        name,
        deps = deps,
        library = name + "_lib",
        lint_flags = [],
        package = cargo_package(),
        settings = crate_settings(**settings),
    )
    programs = {program["name"]: program_target(crate, program) for program in crate.programs}
    if name not in programs:
        fail("//{}: Cargo.toml has no program \"{}\": write src/main.rs, or a [[bin]]".format(native.package_name(), name))
    programs[name] = unstripped

    crate_library(crate, visibility = None)
    crate_program(
        crate,
        unstripped,
        [program for program in crate.programs if program["name"] == name][0],
        # `stripped_release` does the rest.
        rustc_flags = release_rustc_flags(["-Cstrip=debuginfo"]),
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    crate_extras(crate, main = [name])
    crate_tests(crate, programs)

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
    return ([crate.library] if crate.library else []) + crate_deps(crate.package, ["normal"], deps)["deps"]
