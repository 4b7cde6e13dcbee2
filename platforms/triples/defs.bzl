"""The macro that declares conditions for Rust targets, which distinguish gnu and musl."""

load("//tools/cargo:defs.bzl", "TRIPLES")

# buildifier: disable=unnamed-macro
def declare_triples():
    """Declares a `config_setting` for each Rust target of `TRIPLES`.

    The conditions of rules_rust match both gnu and musl, so both would have the dependencies of either. Call the macro in the package
    `//platforms/triples` of the root module: crate_universe accepts labels of conditions as text, and `@@//` is the only repository with the
    same name in every build.

    ```starlark
    load("@thimble//platforms/triples:defs.bzl", "declare_triples")

    declare_triples()
    ```

    Targets created: a `config_setting` for each of `TRIPLES`, with the name of the target.
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
