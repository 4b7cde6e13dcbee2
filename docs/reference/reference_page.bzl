"""A reference page that stardoc generates from a Starlark file."""

load("@bazel_skylib//rules:diff_test.bzl", "diff_test")
load("@stardoc//stardoc:stardoc.bzl", "stardoc")

def reference_page(name, source, deps):
    """The reference page of a public Starlark file, and the test that the checked-in page is current.

    Targets created:

    * `<name>`: the page, in `<name>_generated.md`
    * `<name>_test`: compares it with `<name>.md`; `bazel run //docs/reference:update` rewrites that file

    Args:
        name: the page, without extension.
        source: label of the `.bzl` file.
        deps: labels of libraries with the files that it loads, directly or indirectly.
    """

    # The labels in `deps` are those of the closed network's modules.
    closed_network = select({
        "//platforms:closed_network": [],
        "//conditions:default": ["@platforms//:incompatible"],
    })
    stardoc(
        name = name,
        out = name + "_generated.md",
        # The extraction is a separate target without `target_compatible_with`, which `cquery` analyzes.
        input = select({
            "//platforms:closed_network": source,
            "//conditions:default": ":empty.bzl",
        }),
        renderer = ":renderer",
        target_compatible_with = closed_network,
        deps = select({
            "//platforms:closed_network": deps,
            "//conditions:default": [],
        }),
    )
    diff_test(
        name = name + "_test",
        size = "small",
        failure_message = "update the page:\n    tools/bazel run //docs/reference:update",
        file1 = name + ".md",
        file2 = name + "_generated.md",
        target_compatible_with = closed_network,
    )
