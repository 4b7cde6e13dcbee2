"""Creates the repositories of an image."""

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
        is_bzlmod = False,  # @unused
        config = None,
        bazel_tags = []):
    """Declares a base image in a module extension.

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
        name: String, name of the repository.
        www_authenticate_challenges: Dict of strings, registries to the header WWW-Authenticate of their responses.
        image: String, the image's registry and repository, unless `registry` and `repository` are set; may have a tag or a digest.
        repository: String, the repository in `registry`.
        registry: String, the registry; with `repository`, instead of `image`.
        platforms: List of strings as in `linux/arm64/v8`.
        digest: String, the image's digest. Takes precedence over `tag`.
        tag: String, the tag. Prints a warning unless a digest is set.
        reproducible: Bool, False permits a tag without a warning.
        is_bzlmod: Bool, ignored; for compatibility.
        config: Label of a docker config file, read for credentials before the user's.
        bazel_tags: List of strings, tags of the image targets.
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
    """Creates the repositories of one image.

    Args:
        tag: Struct with the attributes of the tag `oci.pull`.
        mirrors: String, the value of THIMBLE_OCI_MIRRORS; may be None.

    Returns:
        List of strings, the names of the repositories except `<name>_single`.
    """
    image = parse_image(tag)
    if tag.reproducible and not image.digest:
        # buildifier: disable=print
        print("oci.pull %r: the tag %r is mutable; set `digest` too, or `reproducible = False`" % (
            tag.name,
            image.tag,
        ))
    if tag.platforms and not [platform for platform in tag.platforms if platform in PLATFORM_CPUS]:
        fail("oci.pull %r: invalid attribute 'platforms': %r: expected at least one of %s" % (
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
    os, architecture, variant = parts or ("", "", "")
    if _is_composed(image, mirror):
        debian_base_repository(
            name = name,
            architecture = architecture,
            image = image.name,
            kind = KINDS[image.name],
            os = os,
            reference = image.digest or image.tag,
            tag = image.tag,
            target_name = name,
            variant = variant,
        )
        return
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
