"""Makes the repositories of an image."""

load(":base_config.bzl", "KINDS")
load(":base_repository.bzl", "debian_base_repository")
load(":hub_repository.bzl", "hub_repository")
load(":image_name.bzl", "PLATFORM_CPUS", "parse_image", "parse_platform")
load(":mirrors.bzl", "find_mirror")
load(":pull_repository.bzl", "pull_repository")

def oci_pull(
        name,
        www_authenticate_challenges = None,
        image = None,
        repository = None,
        registry = None,
        platforms = None,
        digest = None,
        tag = None,
        reproducible = True,
        is_bzlmod = False,  # @unused: WORKSPACE files have no other form
        config = None,
        bazel_tags = []):
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
        www_authenticate_challenges: Dict of strings, registries and the header WWW-Authenticate of each.
        image: String, the image's registry and repository, unless those are given apart; may have a tag or a digest.
        repository: String, the repository in that registry.
        registry: String, the registry, with `repository` and in place of `image`.
        platforms: List of strings as in `linux/arm64/v8`.
        digest: String, which image. Wins over `tag`.
        tag: String, the tag. Warns unless a digest goes with it.
        reproducible: Bool, False takes a tag without a warning.
        is_bzlmod: Bool, taken for the interface's sake.
        config: Label of a docker config file, read for credentials before the user's own.
        bazel_tags: List of strings, the tags of the targets that hold the image.
    """
    pull_image(struct(
        bazel_tags = bazel_tags,
        config = config,
        digest = digest or "",
        image = image or "",
        name = name,
        platforms = platforms or [],
        registry = registry or "",
        repository = repository or "",
        reproducible = reproducible,
        tag = tag or "",
        www_authenticate_challenges = www_authenticate_challenges or {},
    ), None)

def pull_image(tag, mirrors):
    """Makes the repositories of one image.

    Args:
        tag: Struct with the fields of the tag `oci.pull`.
        mirrors: String, the value of THIMBLE_OCI_MIRRORS; may be None.

    Returns:
        List of strings, their names, but for that of a single platform.
    """
    image = parse_image(tag)
    if tag.reproducible and not image.digest:
        # buildifier: disable=print
        print("oci.pull %r: the tag %r may be moved to another image; set `digest` too, or `reproducible = False`" % (
            tag.name,
            image.tag,
        ))
    if tag.platforms and not [platform for platform in tag.platforms if platform in PLATFORM_CPUS]:
        fail("oci.pull %r: `platforms` = %r has none of those that an image can be selected by: %s" % (
            tag.name,
            tag.platforms,
            ", ".join(PLATFORM_CPUS),
        ))
    mirror = find_mirror(image.name, mirrors)
    repositories = {}
    for platform in tag.platforms:
        parts = parse_platform(tag, platform)
        repositories[platform] = "_".join([tag.name] + [part for part in parts if part])
        _platform_repository(tag, image, mirror, repositories[platform], parts)
    single = ""
    if not tag.platforms:
        single = tag.name + "_single"
        _platform_repository(tag, image, mirror, single, None)
    is_pulled = not _is_composed(image, mirror)
    hub_repository(
        name = tag.name,
        digest = image.digest if is_pulled else "",
        digest_target = "@%s//:digest" % (repositories.values() + [single])[0] if is_pulled and not image.digest else "",
        image = image.name,
        platforms = {platform: _target(name) for platform, name in repositories.items()},
        single = _target(single) if single else "",
        target_name = tag.name,
    )
    return [tag.name] + repositories.values()

def _is_composed(image, mirror):
    return image.name in KINDS and not mirror

def _platform_repository(tag, image, mirror, name, parts):
    if _is_composed(image, mirror):
        os, architecture, variant = parts or ("linux", "amd64", "")
        debian_base_repository(
            name = name,
            architecture = architecture,
            image = image.name,
            kind = KINDS[image.name],
            os = os,
            reference = image.digest or image.tag,
            target_name = name,
            variant = variant,
        )
        return
    os, architecture, variant = parts or ("", "", "")
    pull_repository(
        name = name,
        architecture = architecture,
        bazel_tags = tag.bazel_tags,
        config = tag.config,
        digest = image.digest,
        image = image.name,
        os = os,
        pull_name = tag.name,
        scheme = "" if mirror else image.scheme,
        source = mirror or image.name,
        tag = image.tag,
        target_name = name,
        variant = variant,
        www_authenticate_challenges = tag.www_authenticate_challenges,
    )

def _target(repository):
    return "@{0}//:{0}".format(repository)
