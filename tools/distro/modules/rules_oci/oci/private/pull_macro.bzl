"""Makes the repositories of an image."""

load(":base_config.bzl", "KINDS")
load(":base_repository.bzl", "debian_base_repository")
load(":hub_repository.bzl", "hub_repository")
load(":image_name.bzl", "image_name", "parse_platform")
load(":mirrors.bzl", "find_mirror")
load(":pull_repository.bzl", "pull_repository")

def oci_pull(
        name,
        image = "",
        registry = "",
        repository = "",
        digest = "",
        tag = "",
        platforms = [],
        reproducible = True,
        config = None,
        www_authenticate_challenges = {},
        mirrors = ""):
    """Brings a base image, in a module extension.

    ```starlark
    oci_pull(
        name = "busybox",
        digest = "sha256:...",
        image = "docker.io/library/busybox",
        platforms = ["linux/amd64"],
    )
    ```

    Repositories created: `<name>`, and `<name>_<os>_<arch>[_<variant>]` for each platform, or `<name>_single`.

    Args:
        name: String, the repository.
        image: String, the image's registry and repository, unless those are given apart.
        registry: String, the registry, with `repository` and in place of `image`.
        repository: String, the repository in that registry.
        digest: String, which image. Wins over `tag`.
        tag: String, the tag. Warns unless a digest goes with it.
        platforms: List of strings as in `linux/arm64/v8`.
        reproducible: Bool, False takes a tag without a warning.
        config: Label of a docker config file, read for credentials before the user's own.
        www_authenticate_challenges: Dict of strings, registries and the header WWW-Authenticate of each.
        mirrors: String, as in THIMBLE_OCI_MIRRORS, which only the extension's own tag reads.
    """
    pull_image(struct(
        config = config,
        digest = digest,
        image = image,
        name = name,
        platforms = platforms,
        registry = registry,
        repository = repository,
        reproducible = reproducible,
        tag = tag,
        www_authenticate_challenges = www_authenticate_challenges,
    ), mirrors)

def pull_image(tag, mirrors):
    """Makes the repositories of one image.

    Args:
        tag: Struct with the fields of the tag `oci.pull`.
        mirrors: String, the value of THIMBLE_OCI_MIRRORS; may be None.

    Returns:
        List of strings, their names.
    """
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
