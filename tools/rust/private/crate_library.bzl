"""The build script, the library and the documentation tests of a Cargo package."""

load("@rules_rust//cargo:defs.bzl", "cargo_build_script")
load("@rules_rust//rust:defs.bzl", "rust_doc_test", "rust_library", "rust_proc_macro")
load(":cargo_crate.bzl", "rustc_attributes")
load(":cargo_package.bzl", "config_env", "package_env", "rust_sources")
load(":crate_deps.bzl", "crate_deps")
load(":doctest_crate.bzl", "doctest_crate")
load(":exec_test.bzl", "exec_test")
load(":lints.bzl", "TOOL_EXEMPTIONS")

def _script_env(package):
    """Returns the variables that cargo sets for a build script and rules_rust does not."""
    features = {"CARGO_CFG_FEATURE": ",".join(package["features"])} if package["features"] else {}
    return features | {"CARGO": "$${pwd}/$(CARGO)", "RUSTDOC": "$${pwd}/$(RUSTDOC)"}

# buildifier: disable=unnamed-macro
def crate_library(crate, visibility):
    """Declares the build script, the library and its documentation tests.

    Targets created: `<library>`, its alias `crate`, `<name>_doctest`, and the private `<name>_build_script`.

    Args:
        crate: result of `cargo_crate`.
        visibility: visibility of the library.
    """
    package = crate.package
    if crate.build_script:
        env = package_env(package)
        env.pop("CARGO_MANIFEST_DIR")
        env.pop("CARGO_MANIFEST_PATH")
        protoc = [Label("//tools/protoc")] if package["uses_protoc"] else []
        cargo_build_script(
            name = crate.name + "_build_script",
            # A script may include modules of the library, so an edit of src/ compiles it again; it runs again only if it changed.
            srcs = rust_sources(crate.build_script, exclude = ["tests/**", "benches/**", "examples/**"]),
            build_script_env = _script_env(package) | env | config_env(package, "$${pwd}") | {"PROTOC": "$(execpath {})".format(label) for label in protoc} | crate.settings.build_script_env,
            compile_data = crate.compile_data + crate.settings.build_script_data,
            crate_features = package["features"],
            crate_root = crate.build_script,
            data = crate.compile_data + crate.settings.build_script_data,
            edition = package["edition"],
            link_deps = crate_deps(package, ["normal"])["deps"],
            links = package["links"],
            pkg_name = package["name"],
            # The script runs in the directory of the package.
            rustc_env = env | {"CARGO_MANIFEST_DIR": "."},
            # The script is a tool, so the bans for services do not apply.
            rustc_flags = crate.rustc_flags + TOOL_EXEMPTIONS,
            toolchains = [Label("@rules_rust//rust/toolchain:current_rust_toolchain")],
            tools = protoc + crate.settings.build_script_tools,
            version = package["version"],
            visibility = ["//visibility:private"],
            **crate_deps(package, ["build"])
        )
    if not crate.library:
        return
    proc_macro = package["lib"]["proc_macro"]

    # A proc macro is a dynamic library, which cannot be linked for musl, so wildcard patterns must not build it.
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
    if package["lib"]["doctest"]:
        _doc_test(crate, proc_macro)

def _doc_test(crate, proc_macro):
    """Declares the documentation tests; those of a proc macro run on the execution platform."""
    name = crate.name + "_doctest"
    doctest_crate(
        name = name + "_crate",
        testonly = True,
        library = crate.library,
        tags = ["manual"],
        test = crate.name + "_test_program",
        visibility = ["//visibility:private"],
    )
    rust_doc_test(
        name = name + "_program" if proc_macro else name,
        size = crate.settings.test_size,
        crate = name + "_crate",
        crate_features = crate.package["features"],
        tags = ["manual"] if proc_macro else crate.settings.test_tags,
    )
    if proc_macro:
        exec_test(
            name = name,
            size = crate.settings.test_size,
            tags = crate.settings.test_tags,
            test = name + "_program",
        )
