"""The repository of a base image for one platform, composed from Debian packages."""

load(":base_config.bzl", "PACKAGES")

_BUILD = """load("{base_macro}", "debian_base")

package(default_visibility = ["//visibility:public"])

debian_base(
    name = {name},
    architecture = {architecture},
    kind = {kind},
    os = {os},
    variant = {variant},
)
"""

_UNAVAILABLE = """load("{base_layer}", "unavailable_base")

unavailable_base(
    name = {name},
    message = {message},
    visibility = ["//visibility:public"],
)
"""

_NOTICE = """{image} for {platform} is composed from the Debian packages in {directory}, since no container registry \
is in reach: its digest is another than that of {reference}."""

def _debian_base_repository_impl(rctx):
    debs, problem = _find_debs(rctx)
    if problem:
        rctx.file("BUILD.bazel", _UNAVAILABLE.format(
            base_layer = Label("//oci/private:base_layer.bzl"),
            message = repr(problem),
            name = repr(rctx.attr.target_name),
        ))
        return
    for package, deb in debs.items():
        _take_apart(rctx, package, deb)
    rctx.file("BUILD.bazel", _BUILD.format(
        architecture = repr(rctx.attr.architecture),
        base_macro = Label("//oci/private:base_macro.bzl"),
        kind = repr(rctx.attr.kind),
        name = repr(rctx.attr.target_name),
        os = repr(rctx.attr.os),
        variant = repr(rctx.attr.variant),
    ))

    # buildifier: disable=print
    print(_NOTICE.format(
        directory = rctx.getenv("THIMBLE_DEBS"),
        image = rctx.attr.image,
        platform = _platform(rctx),
        reference = rctx.attr.reference,
    ))

def _find_debs(rctx):
    """Gives the package files by name, or what is wrong."""
    directory = rctx.getenv("THIMBLE_DEBS")
    if not directory:
        return None, _say(rctx, "THIMBLE_DEBS, the directory of Debian packages to compose it from, is not set")
    directory = rctx.path(directory).get_child(rctx.attr.architecture)
    if rctx.attr.os != "linux" or not directory.exists:
        return None, _say(rctx, "there are no Debian packages for it: %s does not exist" % directory)
    debs = {}
    present = directory.readdir()
    for package in PACKAGES[rctx.attr.kind]:
        found = [file for file in present if file.basename.startswith(package + "_") and file.basename.endswith(".deb")]
        if len(found) != 1:
            return None, _say(rctx, "%s holds %d files %s_*.deb where it needs one" % (directory, len(found), package))
        debs[package] = found[0]
    return debs, None

def _say(rctx, found):
    return ("{image} for {platform} can't be composed: {found}; put the .deb files of {packages} there, " +
            "or build for another platform").format(
        found = found,
        image = rctx.attr.image,
        packages = ", ".join(PACKAGES[rctx.attr.kind]),
        platform = _platform(rctx),
    )

def _take_apart(rctx, package, deb):
    rctx.watch(deb)
    rctx.file("packages/%s.control" % package, _run(rctx, deb, ["dpkg-deb", "--field", deb]))

    # The shell, since a tar on standard output is not text that this language could hold.
    tar = "packages/%s.tar" % package
    _run(rctx, deb, ["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" > "$2"', "sh", deb, tar])

def _run(rctx, deb, command):
    result = rctx.execute(command)
    if result.return_code:
        fail("%s: dpkg-deb can't read it: %s; fetch the package again" % (deb, result.stderr.strip()))
    return result.stdout

def _platform(rctx):
    parts = [rctx.attr.os, rctx.attr.architecture, rctx.attr.variant]
    return "/".join([part for part in parts if part])

debian_base_repository = repository_rule(
    implementation = _debian_base_repository_impl,
    doc = "Composes a base image from the packages in `$THIMBLE_DEBS/<architecture>/`.",
    attrs = {
        "architecture": attr.string(doc = "String, required: the processor, by Go's name.", mandatory = True),
        "image": attr.string(doc = "String, required: the image that is stood in for.", mandatory = True),
        "kind": attr.string(doc = "String, required: what the base is for.", mandatory = True, values = sorted(PACKAGES)),
        "os": attr.string(doc = "String, required: the operating system, by Go's name.", mandatory = True),
        "reference": attr.string(doc = "String, required: the digest or tag asked for.", mandatory = True),
        "target_name": attr.string(doc = "String, required: the image's target.", mandatory = True),
        "variant": attr.string(doc = "String, default none: the processor's variant."),
    },
)
