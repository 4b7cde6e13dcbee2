"""The module extension `oci`."""

load(":base_config.bzl", "KINDS")
load(":base_repository.bzl", "debian_base_repository")
load(":hub_repository.bzl", "hub_repository")
load(":image_name.bzl", "image_name", "parse_platform")
load(":mirrors.bzl", "MIRRORS_VARIABLE", "find_mirror")
load(":pull_repository.bzl", "pull_repository")

_pull = tag_class(
    doc = """Brings a base image.

Makes the repositories `@<name>`, whose target of that name selects by processor, beside `:digest`, and
`@<name>_<os>_<arch>[_<variant>]` for each platform, or `@<name>_single`.
""",
    attrs = {
        "bazel_tags": attr.string_list(doc = "List of strings, default empty: taken for the interface's sake."),
        "config": attr.label(doc = "Label of a docker config file, default none: read for credentials before the user's own."),
        "digest": attr.string(doc = "String, default none: `sha256:...`, which image. Wins over `tag`."),
        "image": attr.string(doc = "String: the image's registry and repository, unless those are given apart."),
        "name": attr.string(doc = "String, required: the repository.", mandatory = True),
        "platforms": attr.string_list(doc = "List of strings, default empty: as in `linux/arm64/v8`."),
        "registry": attr.string(doc = "String: the registry, with `repository` and in place of `image`."),
        "repository": attr.string(doc = "String: the repository in that registry."),
        "reproducible": attr.bool(doc = "Bool, default True: False takes a tag without a warning.", default = True),
        "tag": attr.string(doc = "String, default none: the tag. Warns unless a digest goes with it."),
        "www_authenticate_challenges": attr.string_dict(
            doc = "Dict of strings, default empty: registries, and the header WWW-Authenticate that each answers with.",
        ),
    },
)

_toolchains = tag_class(
    doc = "Names the toolchains, of which this module has none: its tool is built from source.",
    attrs = {
        "name": attr.string(doc = "String, default `oci`. Only the root module may choose another.", default = "oci"),
    },
)

def _oci_impl(module_ctx):
    direct, direct_dev = [], []
    for module in module_ctx.modules:
        for tag in module.tags.toolchains:
            if tag.name != "oci" and not module.is_root:
                fail("oci.toolchains: name = %r in module %s; only the root module may set it: remove it there" % (
                    tag.name,
                    module.name,
                ))
        for tag in module.tags.pull:
            names = _pull_image(tag, module_ctx.getenv(MIRRORS_VARIABLE))
            if module.is_root and module_ctx.is_dev_dependency(tag):
                direct_dev.extend(names)
            elif module.is_root:
                direct.extend(names)
    return module_ctx.extension_metadata(
        reproducible = True,
        root_module_direct_deps = direct,
        root_module_direct_dev_deps = direct_dev,
    )

def _pull_image(tag, mirrors):
    """Makes the repositories of one image and gives their names."""
    image = image_name(tag)
    if not tag.digest and not tag.tag:
        fail("oci.pull %r: neither `digest` nor `tag` says which image is meant; set `digest`" % tag.name)
    if tag.reproducible and not tag.digest:
        # buildifier: disable=print
        print("oci.pull %r: the tag %r may be moved to another image; set `digest` too, or `reproducible = False`" % (
            tag.name,
            tag.tag,
        ))
    mirror = find_mirror(image, mirrors)
    repositories = {}
    for platform in tag.platforms:
        parts = parse_platform(tag, platform)
        repositories[platform] = "_".join([tag.name] + [part for part in parts if part])
        _platform_repository(tag, image, mirror, repositories[platform], parts)
    single = ""
    if not tag.platforms:
        single = tag.name + "_single"
        _platform_repository(tag, image, mirror, single, None)
    hub_repository(
        name = tag.name,
        image = image,
        platforms = {platform: _target(name) for platform, name in repositories.items()},
        single = _target(single) if single else "",
        target_name = tag.name,
    )
    return [tag.name] + (repositories.values() or [single])

def _platform_repository(tag, image, mirror, name, parts):
    if image in KINDS and not mirror:
        os, architecture, variant = parts or ("linux", "amd64", "")
        debian_base_repository(
            name = name,
            architecture = architecture,
            image = image,
            kind = KINDS[image],
            os = os,
            reference = tag.digest or tag.tag,
            target_name = name,
            variant = variant,
        )
        return
    os, architecture, variant = parts or ("", "", "")
    pull_repository(
        name = name,
        architecture = architecture,
        config = tag.config,
        digest = tag.digest,
        image = image,
        os = os,
        pull_name = tag.name,
        source = mirror or image,
        tag = tag.tag,
        target_name = name,
        variant = variant,
        www_authenticate_challenges = tag.www_authenticate_challenges,
    )

def _target(repository):
    return "@{0}//:{0}".format(repository)

oci = module_extension(
    implementation = _oci_impl,
    doc = "Brings base images as targets that an `oci_image` builds on.",
    tag_classes = {
        "pull": _pull,
        "toolchains": _toolchains,
    },
)
