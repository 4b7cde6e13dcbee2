"""The extension `toolchains_musl`: C toolchains for static musl programs.

```starlark
toolchains_musl = use_extension("@toolchains_musl//:toolchains_musl.bzl", "toolchains_musl")
toolchains_musl.config(
    extra_target_compatible_with = ["//platforms/libc:musl"],
)
```

The module registers the toolchains. They compile C and C++ (with libc++), and link C, C++ and Rust.
"""

load("//private:repository.bzl", "musl_toolchains")

def _config(module_ctx):
    """Returns the `config` tag of the root module, or None."""
    for module in module_ctx.modules:
        tags = module.tags.config
        if tags and not module.is_root:
            fail("toolchains_musl.config can only be used from the root module; found in '{}'".format(module.name))
        if len(tags) > 1:
            fail("toolchains_musl.config: only one tag is allowed, found {}".format(len(tags)))
        if tags:
            return tags[0]
    return None

def _toolchains_musl_impl(module_ctx):
    config = _config(module_ctx)
    musl_toolchains(
        name = "musl_toolchains_hub",
        **{
            attribute: [str(label) for label in getattr(config, attribute)] if config else []
            for attribute in _CONFIG_ATTRS
        }
    )
    return module_ctx.extension_metadata(reproducible = True)

_CONFIG_ATTRS = {
    "extra_exec_compatible_with": attr.label_list(
        doc = "Constraint values that the execution platform must have; default: none.",
    ),
    "extra_target_compatible_with": attr.label_list(
        doc = "Constraint values that the target platform must have; default: none, so the toolchains match glibc platforms too.",
    ),
    "target_settings": attr.label_list(
        doc = "`config_setting`s that the target configuration must match; default: none.",
    ),
}

toolchains_musl = module_extension(
    implementation = _toolchains_musl_impl,
    tag_classes = {
        "config": tag_class(
            doc = "Requirements of all musl toolchains in addition to CPU and operating system; at most one tag, in the root module.",
            attrs = _CONFIG_ATTRS,
        ),
    },
)
