"""The crate of a Cargo package, and the attributes that all its targets share."""

load("@bazel_skylib//rules:write_file.bzl", "write_file")
load(":cargo_package.bzl", "EXECROOT", "check_cfg_flags", "compile_files", "config_env", "merged_labels", "package_env", "program_sources", "rust_sources")
load(":cargo_targets.bzl", "cargo_targets", "has_library")
load(":crate_deps.bzl", "crate_deps")

# Paths of generated sources contain the name of the configuration, and panic messages contain the paths.
_GENERATED_SOURCES = "--remap-path-prefix=$${pwd}/$(BINDIR)=."

def cargo_crate(name, package, settings, deps, lint_flags, library):
    """Combines a Cargo package with the attributes of its BUILD file.

    Args:
        name: prefix of the names of the targets.
        package: result of `cargo_package`.
        settings: result of `crate_settings`.
        deps: labels of libraries that are not in Cargo.toml.
        lint_flags: list of flags for rustc and clippy that follow those of `[lints]`.
        library: name of the target of the library.

    Returns:
        A struct with `build_script` (path, or a false value), `compile_data`, `deps`, `env_files`, `library` (None without a library), `name`,
        `package`, `programs` (as `cargo_targets` returns them), `rustc_flags`, `settings` and `skipped_env`.
    """
    build = package["build"]
    if build in [None, True]:
        build = "build.rs" if native.glob(["build.rs"], allow_empty = True) else False
    return struct(
        build_script = build,
        compile_data = merged_labels(compile_files(), settings.compile_data),
        deps = deps,
        env_files = _env_files(name, config_env(package, EXECROOT, escaped = False) | package["env"]),
        library = library if has_library(package) else None,
        name = name,
        package = package,
        programs = cargo_targets(package, "bin"),
        rustc_flags = package["lints"] + lint_flags + check_cfg_flags(package) +
                      ([_GENERATED_SOURCES] if build else []) + settings.rustc_flags,
        settings = settings,
        # cargo sets the path also if it does not build the program, because a required feature is disabled.
        skipped_env = {
            "CARGO_BIN_EXE_" + program["name"]: "{}/target/bin/{}".format(EXECROOT, program["name"])
            for program in cargo_targets(package, "bin", enabled = False)
        },
    )

def _env_files(name, env):
    """Writes values with an apostrophe to a file, because rust_doc_test puts `rustc_env` between apostrophes in a shell script."""
    lines = ["{}={}".format(key, value) for key, value in env.items() if "'" in value]
    if not lines:
        return []
    write_file(
        name = name + "_rustc_env",
        out = name + ".rustc_env",
        content = lines + [""],
        newline = "unix",
        tags = ["manual"],
        visibility = ["//visibility:private"],
    )
    return [name + "_rustc_env"]

def with_library(crate, attributes):
    """Adds the library of a package to the attributes of its other targets, which depend on it.

    Args:
        crate: result of `cargo_crate`.
        attributes: dict with `deps` and `proc_macro_deps`.

    Returns:
        A dict of the attributes.
    """
    if not crate.library:
        return attributes
    kind = "proc_macro_deps" if crate.package["lib"]["proc_macro"] else "deps"
    return attributes | {kind: [crate.library] + attributes[kind]}

# buildifier: disable=unnamed-macro
def rustc_attributes(crate, root, crate_name, kinds = ["normal"]):
    """Returns the attributes that all Rust targets of a package share.

    Args:
        crate: result of `cargo_crate`.
        root: path of the crate root.
        crate_name: name of the crate for rustc.
        kinds: list of the kinds of dependencies, as in `crate_deps`.

    Returns:
        A dict of attributes of `rust_library`. `deps` does not contain the library of the package.
    """
    attributes = crate_deps(crate.package, kinds, crate.deps)
    is_library = root == crate.package["lib"]["path"]
    if crate.build_script:
        output = "_build_script_program_output" if crate.library and not is_library else "_build_script_output"
        attributes["deps"] = [crate.name + output] + attributes["deps"]
    others = [program["path"] for program in crate.programs if program["path"] != root]
    return attributes | {
        "compile_data": crate.compile_data,
        "crate_features": crate.package["features"],
        "crate_name": crate_name,
        "crate_root": root,
        "edition": crate.package["edition"],
        "rustc_env": {key: value for key, value in package_env(crate.package).items() if "'" not in value} | crate.settings.rustc_env,
        "rustc_env_files": crate.env_files,
        "rustc_flags": crate.rustc_flags,
        "srcs": rust_sources("src/lib.rs", exclude = others) if is_library and root.startswith("src/") else program_sources(root),
        "version": crate.package["version"],
    }
