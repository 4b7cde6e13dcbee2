"""Rust's targets as conditions, which distinguish gnu and musl."""

load("//tools/cargo:defs.bzl", "TRIPLES")

# buildifier: disable=unnamed-macro
def declare_triples():
    """Declares a `config_setting` for each Rust target of `TRIPLES`, named as the target.

    rules_rust's own conditions match gnu and musl alike, which gives dependencies of only one of them to both. Each root module
    has these in `//platforms/triples`, since crate_universe takes labels of conditions as text, and `@@//` is the only
    repository with the same name in every build.
    """
    for triple in TRIPLES:
        constraints = [
            Label("@platforms//cpu:" + triple.split("-")[0]),
            Label("@platforms//os:" + ("linux" if "-linux-" in triple else "macos")),
        ]
        if "-linux-" in triple:
            constraints.append(Label("//platforms/libc:" + ("musl" if triple.endswith("-musl") else "default")))
        native.config_setting(
            name = triple,
            constraint_values = constraints,
            visibility = ["//visibility:public"],
        )
