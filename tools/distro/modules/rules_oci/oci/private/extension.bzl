"""The module extension `oci`."""

load(":mirrors.bzl", "MIRRORS_VARIABLE")
load(":pull_macro.bzl", "pull_image")
load(":toolchains_repository.bzl", "create_toolchains_repositories", "toolchains_repository_names")

_pull = tag_class(
    doc = """Declares a base image.

Creates the repositories `@<name>`, whose target of that name selects by CPU, and `@<name>_<os>_<arch>[_<variant>]` for
each platform, or `@<name>_single`. The file `@<name>//:digest` contains the digest that the image is pulled by, or that of
a composed base image.
""",
    attrs = {
        "bazel_tags": attr.string_list(doc = "List of strings, default empty: tags of the targets of pulled images."),
        "config": attr.label(doc = "Label of a docker config file, default none: read for credentials before the user's."),
        "digest": attr.string(
            doc = "String, default none: `sha256:...`, the image's digest. Takes precedence over `tag`; requires `reproducible` if both are set.",
        ),
        "image": attr.string(
            doc = "String: the image's registry and repository, unless `registry` and `repository` are set. May end in `:<tag>` or " +
                  "`@<digest>`, which take precedence over those attributes, and begin with `http://` for plain HTTP.",
        ),
        "name": attr.string(doc = "String, required: name of the repository.", mandatory = True),
        "platforms": attr.string_list(
            doc = "List of strings, default empty: exactly as in the image, for example `linux/arm64/v8`. One of them must " +
                  "be linux on 386, amd64, arm/v7, arm64, arm64/v8, mips64le, ppc64le or s390x.",
        ),
        "registry": attr.string(doc = "String: the registry; with `repository`, instead of `image`."),
        "repository": attr.string(doc = "String: the repository in `registry`."),
        "reproducible": attr.bool(doc = "Bool, default True: False permits a tag without a warning.", default = True),
        "tag": attr.string(doc = "String, default none: the tag. Prints a warning unless a digest is set."),
        "www_authenticate_challenges": attr.string_dict(
            doc = "Dict of strings, default empty: registries, or suffixes of their hosts such as `.example.com`, to the header " +
                  "WWW-Authenticate of their responses, in which `{registry}` and `{repository}` are expanded.",
        ),
    },
)

_toolchains = tag_class(
    doc = """Creates the repositories `@<name>_crane_toolchains` and `@<name>_regctl_toolchains`, so that they can be registered.

They are empty, because the rules' tools are built from source.
""",
    attrs = {
        "name": attr.string(doc = "String, default `oci`: prefix of the repositories' names. Only the root module may set it.", default = "oci"),
    },
)

def _oci_impl(module_ctx):
    direct, direct_dev, toolchains = [], [], {"oci": None}
    for module in module_ctx.modules:
        for tag in module.tags.toolchains:
            if tag.name != "oci" and not module.is_root:
                fail("oci.toolchains: invalid attribute 'name': %r in module %s: only the root module may set it" % (
                    tag.name,
                    module.name,
                ))
            toolchains[tag.name] = None
        repositories = [
            (tag, pull_image(tag, module_ctx.getenv(MIRRORS_VARIABLE)))
            for tag in module.tags.pull
        ] + [(tag, toolchains_repository_names(tag.name)) for tag in module.tags.toolchains]
        for tag, names in repositories:
            if module.is_root:
                (direct_dev if module_ctx.is_dev_dependency(tag) else direct).extend(names)
    for name in toolchains:
        create_toolchains_repositories(name)
    return module_ctx.extension_metadata(
        reproducible = True,
        root_module_direct_deps = direct,
        root_module_direct_dev_deps = direct_dev,
    )

oci = module_extension(
    implementation = _oci_impl,
    doc = "Provides base images as targets for `base` of `oci_image`.",
    tag_classes = {
        "pull": _pull,
        "toolchains": _toolchains,
    },
)
