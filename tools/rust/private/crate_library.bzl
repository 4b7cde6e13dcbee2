"""The library and the documentation tests of a Cargo package."""

load("@rules_rust//rust:defs.bzl", "rust_doc_test", "rust_library", "rust_proc_macro")
load(":cargo_crate.bzl", "rustc_attributes")
load(":crate_build_script.bzl", "crate_build_script")
load(":crate_deps.bzl", "crate_deps")
load(":doctest_crate.bzl", "doctest_crate")
load(":exec_test.bzl", "exec_test")

# buildifier: disable=unnamed-macro
def crate_library(crate, visibility):
    """Declares the build script, the library and its documentation tests.

    Targets created: `<library>`, its alias `crate`, `<name>_doctest`, and those of `crate_build_script`.

    Args:
        crate: result of `cargo_crate`.
        visibility: visibility of the library.
    """
    if crate.build_script:
        crate_build_script(crate)
    if not crate.library:
        return
    package = crate.package
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
        visibility = ["//visibility:private"],
        **crate_deps(crate.package, ["dev"])
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
