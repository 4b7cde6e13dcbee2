"""The rule that adds dev-dependencies to a crate for its documentation tests."""

load("@rules_rust//rust:defs.bzl", "rust_common")

def _doctest_crate_impl(ctx):
    library = ctx.attr.library[rust_common.crate_info]
    test = ctx.attr.test[rust_common.crate_info]
    fields = {name: getattr(library, name) for name in dir(library) if name not in ["to_json", "to_proto"]}
    return [
        ctx.attr.library[DefaultInfo],
        rust_common.create_crate_info(**(fields | {
            "aliases": test.aliases,
            "deps": test.deps,
            "proc_macro_deps": test.proc_macro_deps,
        })),
    ]

doctest_crate = rule(
    doc = """A library with the dependencies of its unit tests, for `rust_doc_test`.

`rust_doc_test` has no attribute for renamed dependencies, and in rules_rust 0.54 none for proc macros.
""",
    implementation = _doctest_crate_impl,
    attrs = {
        "library": attr.label(
            doc = "The library or the proc macro.",
            mandatory = True,
            providers = [rust_common.crate_info],
        ),
        "test": attr.label(
            doc = "Its unit tests. They are not built.",
            mandatory = True,
            providers = [rust_common.crate_info],
        ),
    },
)
