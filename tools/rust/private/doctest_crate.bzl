"""The rule that adds dev-dependencies to a crate for its documentation tests."""

load("@rules_rust//rust:defs.bzl", "rust_common")

def _variants(crates):
    """Returns crates as rules_rust represents the dependencies of a crate."""
    return depset([
        rust_common.dep_variant_info(
            build_info = None,
            cc_info = None,
            crate_group_info = None,
            crate_info = crate[rust_common.crate_info],
            dep_info = crate[rust_common.dep_info],
        )
        for crate in crates
    ])

def _doctest_crate_impl(ctx):
    library = ctx.attr.library[rust_common.crate_info]
    fields = {name: getattr(library, name) for name in dir(library) if name not in ["to_json", "to_proto"]}
    return [
        ctx.attr.library[DefaultInfo],
        rust_common.create_crate_info(**(fields | {
            "aliases": library.aliases | ctx.attr.aliases,
            "deps": depset(transitive = [library.deps, _variants(ctx.attr.deps)]),
            "proc_macro_deps": depset(transitive = [library.proc_macro_deps, _variants(ctx.attr.proc_macro_deps)]),
        })),
    ]

_CRATES = [rust_common.crate_info, rust_common.dep_info]

doctest_crate = rule(
    doc = """A library with its dev-dependencies, for `rust_doc_test`.

`rust_doc_test` has no attribute for renamed dependencies, and in rules_rust 0.54 none for proc macros.
""",
    implementation = _doctest_crate_impl,
    attrs = {
        "aliases": attr.label_keyed_string_dict(
            doc = "Names of the renamed dev-dependencies. Default: none.",
            providers = _CRATES,
        ),
        "deps": attr.label_list(
            doc = "The dev-dependencies that are libraries. Default: none.",
            providers = _CRATES,
        ),
        "library": attr.label(
            doc = "The library or the proc macro.",
            mandatory = True,
            providers = [rust_common.crate_info],
        ),
        "proc_macro_deps": attr.label_list(
            doc = "The dev-dependencies that are proc macros. Default: none.",
            cfg = "exec",
            providers = _CRATES,
        ),
    },
)
