"""What a Cargo package is made of: build script, library, tests, programs, examples and benches."""

load("@rules_rust//cargo:defs.bzl", "cargo_build_script")
load("@rules_rust//rust:defs.bzl", "rust_binary", "rust_doc_test", "rust_library", "rust_proc_macro")
load(":cargo_package.bzl", "check_cfg_flags", "compile_files", "package_env", "rust_sources")
load(":cargo_targets.bzl", "cargo_targets", "has_library")
load(":crate_deps.bzl", "crate_deps")

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
        rustc_flags = package["lints"] + lint_flags + check_cfg_flags(package) + settings.rustc_flags,
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

# buildifier: disable=unnamed-macro
def crate_library(crate, visibility):
    """The build script and the library; `crate` names the library for dependent packages.

    Targets created: `<library>`, `crate`, and the private `<name>_build_script`.

    Args:
        crate: see `cargo_crate`.
        visibility: of the library.
    """
    package = crate.package
    if crate.build_script:
        env = package_env(package)
        env.pop("CARGO_MANIFEST_DIR")
        env.pop("CARGO_MANIFEST_PATH")
        cargo_build_script(
            name = crate.name + "_build_script",
            srcs = rust_sources(crate.build_script, exclude = ["src/**", "tests/**", "benches/**", "examples/**"]),
            build_script_env = env | crate.settings.build_script_env,
            crate_features = package["features"],
            crate_root = crate.build_script,
            data = crate.compile_data + crate.settings.build_script_data,
            edition = package["edition"],
            link_deps = crate_deps(package, ["normal"])["deps"],
            links = package["links"],
            pkg_name = package["name"],
            rustc_env = env,
            rustc_flags = crate.rustc_flags,
            tools = crate.settings.build_script_tools,
            version = package["version"],
            visibility = ["//visibility:private"],
            **crate_deps(package, ["build"])
        )
    if not crate.library:
        return
    proc_macro = package["lib"]["proc_macro"]

    # A proc macro is a dynamic library, which can be linked for the machine that builds and not for musl: only others ask for it.
    tags = ["manual"] if proc_macro else []
    rule = rust_proc_macro if proc_macro else rust_library
    rule(
        name = crate.library,
        data = crate.settings.data,
        tags = tags,
        visibility = visibility,
        **rustc_attributes(crate, package["lib"]["path"], package["lib"]["name"])
    )
    native.alias(
        name = "crate",
        actual = crate.library,
        tags = tags,
        visibility = visibility,
    )
    if package["lib"]["doctest"] and not proc_macro:
        rust_doc_test(
            name = crate.name + "_doctest",
            size = crate.settings.test_size,
            crate = crate.library,
            crate_features = package["features"],
            tags = crate.settings.test_tags,
            deps = crate_deps(package, ["dev"])["deps"],
        )

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
