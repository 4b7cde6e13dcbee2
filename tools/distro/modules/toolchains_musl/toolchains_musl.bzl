"""The extension `toolchains_musl`: C toolchains whose targets are static musl programs.

```starlark
toolchains_musl = use_extension("@toolchains_musl//:toolchains_musl.bzl", "toolchains_musl")
toolchains_musl.config(
    extra_target_compatible_with = ["//platforms/libc:musl"],
)
```

The toolchains register themselves. They compile C, and link C and Rust; C++ has no standard library here.
"""

load("//private:repository.bzl", "musl_toolchains")

def _toolchains_musl_impl(module_ctx):
    target, execution = [], []
    for module in module_ctx.modules:
        for tag in module.tags.config:
            if not module.is_root:
                fail("toolchains_musl.config: only the root module may use it; found in '{}'".format(module.name))
            target.extend([str(label) for label in tag.extra_target_compatible_with])
            execution.extend([str(label) for label in tag.extra_exec_compatible_with])
    musl_toolchains(
        name = "musl_toolchains_hub",
        extra_exec_compatible_with = execution,
        extra_target_compatible_with = target,
    )
    return module_ctx.extension_metadata(reproducible = True)

toolchains_musl = module_extension(
    implementation = _toolchains_musl_impl,
    tag_classes = {
        "config": tag_class(
            doc = "Further constraints of all musl toolchains; the root module's alone.",
            attrs = {
                "extra_exec_compatible_with": attr.label_list(doc = "Constraint values that the execution platform must have; default none."),
                "extra_target_compatible_with": attr.label_list(doc = "Constraint values that the target platform must have; default none, and then a musl toolchain answers for glibc's platforms too."),
            },
        ),
    },
)
