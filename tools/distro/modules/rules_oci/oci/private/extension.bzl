"""The module extension `oci`."""

load(":mirrors.bzl", "MIRRORS_VARIABLE")
load(":pull_macro.bzl", "pull_image")
load(":toolchains_repository.bzl", "make_toolchains_repositories", "toolchains_repositories")

_pull = tag_class(
    doc = """Brings a base image.

Makes the repositories `@<name>`, whose target of that name selects by processor, and `@<name>_<os>_<arch>[_<variant>]` for
each platform, or `@<name>_single`. The file of `@<name>//:digest` holds the digest that the image is pulled by, or that of
a base image which is composed here.
""",
    attrs = {
        "bazel_tags": attr.string_list(doc = "List of strings, default empty: the tags of the targets that hold a pulled image."),
        "config": attr.label(doc = "Label of a docker config file, default none: read for credentials before the user's own."),
        "digest": attr.string(
            doc = "String, default none: `sha256:...`, which image. Wins over `tag`, and needs `reproducible` beside one.",
        ),
        "image": attr.string(
            doc = "String: the image's registry and repository, unless those are given apart. May end in `:<tag>` or " +
                  "`@<digest>`, which win over those attributes, and begin with `http://` for plain HTTP.",
        ),
        "name": attr.string(doc = "String, required: the repository.", mandatory = True),
        "platforms": attr.string_list(
            doc = "List of strings, default empty: exactly as the image names them, as in `linux/arm64/v8`. One of them has " +
                  "to be linux on 386, amd64, arm/v7, arm64, arm64/v8, mips64le, ppc64le or s390x.",
        ),
        "registry": attr.string(doc = "String: the registry, with `repository` and in place of `image`."),
        "repository": attr.string(doc = "String: the repository in that registry."),
        "reproducible": attr.bool(doc = "Bool, default True: False takes a tag without a warning.", default = True),
        "tag": attr.string(doc = "String, default none: the tag. Warns unless a digest goes with it."),
        "www_authenticate_challenges": attr.string_dict(
            doc = "Dict of strings, default empty: registries, or ends of their names as in `.example.com`, and the header " +
                  "WWW-Authenticate that each answers with, in which `{registry}` and `{repository}` are filled in.",
        ),
    },
)

_toolchains = tag_class(
    doc = """Makes the repositories `@<name>_crane_toolchains` and `@<name>_regctl_toolchains`, so that they can be registered.

They are empty: the rules' tools are built from source, and no toolchain is asked for.
""",
    attrs = {
        "name": attr.string(doc = "String, default `oci`: what the repositories' names begin with. Only the root module may choose another.", default = "oci"),
    },
)

def _oci_impl(module_ctx):
    direct, direct_dev, toolchains = [], [], {"oci": None}
    for module in module_ctx.modules:
        for tag in module.tags.toolchains:
            if tag.name != "oci" and not module.is_root:
                fail("oci.toolchains: name = %r in module %s; only the root module may set it: remove it there" % (
                    tag.name,
                    module.name,
                ))
            toolchains[tag.name] = None
        named = [
            (tag, pull_image(tag, module_ctx.getenv(MIRRORS_VARIABLE)))
            for tag in module.tags.pull
        ] + [(tag, toolchains_repositories(tag.name)) for tag in module.tags.toolchains]
        for tag, names in named:
            if module.is_root:
                (direct_dev if module_ctx.is_dev_dependency(tag) else direct).extend(names)
    for name in toolchains:
        make_toolchains_repositories(name)
    return module_ctx.extension_metadata(
        reproducible = True,
        root_module_direct_deps = direct,
        root_module_direct_dev_deps = direct_dev,
    )

oci = module_extension(
    implementation = _oci_impl,
    doc = "Brings base images as targets that an `oci_image` builds on.",
    tag_classes = {
        "pull": _pull,
        "toolchains": _toolchains,
    },
)
