"""The crate of a Cargo package, and the attributes that all its rules share."""

load(":cargo_package.bzl", "check_cfg_flags", "compile_files", "package_env", "rust_sources")
load(":cargo_targets.bzl", "cargo_targets", "has_library")
load(":crate_deps.bzl", "crate_deps")

# Generated sources lie below a directory that is named by the configuration: their paths get into programs with panics.
_GENERATED_SOURCES = "--remap-path-prefix=$${pwd}/$(BINDIR)=."

def cargo_crate(name, package, settings, deps, lint_flags, library):
    """The crate that the functions below make targets of.

    Args:
        name: prefix of the targets' names.
        package: see `cargo_package`.
        settings: see `crate_settings`.
        deps: labels of libraries that Cargo.toml does not name.
        lint_flags: flags for rustc and clippy, after those of `[lints]`.
        library: name of the library's target.

    Returns:
        A struct.
    """
    build = package["build"]
    if build == None:
        build = "build.rs" if native.glob(["build.rs"], allow_empty = True) else False
    return struct(
        build_script = build,
        compile_data = compile_files() if settings.compile_data == None else settings.compile_data,
        deps = deps,
        library = library if has_library(package) else None,
        name = name,
        package = package,
        programs = cargo_targets(package, "bin"),
        rustc_flags = package["lints"] + lint_flags + check_cfg_flags(package, build) +
                      ([_GENERATED_SOURCES] if build else []) + settings.rustc_flags,
        settings = settings,
    )

# buildifier: disable=unnamed-macro
def rustc_attributes(crate, root, crate_name, kinds = ["normal"]):
    """Attributes that all rules of a crate share.

    Args:
        crate: see `cargo_crate`.
        root: path of the crate root.
        crate_name: the crate.
        kinds: of dependencies; see `crate_deps`.

    Returns:
        A dict of attributes, with `deps` but for the package's own library.
    """
    attributes = crate_deps(crate.package, kinds, crate.deps)
    if crate.build_script:
        attributes["deps"] = [crate.name + "_build_script"] + attributes["deps"]
    others = [program["path"] for program in crate.programs]
    return attributes | {
        "compile_data": crate.compile_data,
        "crate_features": crate.package["features"],
        "crate_name": crate_name,
        "crate_root": root,
        "edition": crate.package["edition"],
        "rustc_env": package_env(crate.package) | crate.settings.rustc_env,
        "rustc_flags": crate.rustc_flags,
        "srcs": rust_sources(root, exclude = others if root == crate.package["lib"]["path"] else []),
        "version": crate.package["version"],
    }
