"""Files of the build dependencies of a build script."""

load("//rust:rust_common.bzl", "CrateInfo", "DepInfo")

def build_dependency_files(deps):
    """Returns the files of the packages of build dependencies, which a crate can locate by `env!("CARGO_MANIFEST_DIR")`.

    Args:
        deps: build dependencies, a list of targets.

    Returns:
        A list of depsets of files.
    """
    crates = []
    for dep in deps:
        if CrateInfo in dep:
            crates.append(dep[CrateInfo])
        crates.extend(dep[DepInfo].transitive_crates.to_list())
    return [files for crate in crates for files in [crate.srcs, crate.compile_data]]
