"""The repository of a base image for one platform, composed from Debian packages."""

load(":base_config.bzl", "PACKAGES", "find_difference")

_BUILD = """load("{base_macro}", "debian_base")

package(default_visibility = ["//visibility:public"])

debian_base(
    name = {name},
    architecture = {architecture},
    kind = {kind},
    os = {os},
    tag = {tag},
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

_NOTICE = """{image} for {platform} is composed from the Debian packages in {directory}, because no container registry \
is reachable: its digest differs from that of {reference}."""

def _debian_base_repository_impl(rctx):
    debs, error = _find_debs(rctx)
    if error:
        rctx.file("BUILD.bazel", _UNAVAILABLE.format(
            base_layer = Label("//oci/private:base_layer.bzl"),
            message = repr(error),
            name = repr(rctx.attr.target_name),
        ))
        return
    for package, deb in debs.items():
        _unpack(rctx, package, deb)
    rctx.file("BUILD.bazel", _BUILD.format(
        architecture = repr(rctx.attr.architecture),
        base_macro = Label("//oci/private:base_macro.bzl"),
        kind = repr(rctx.attr.kind),
        name = repr(rctx.attr.target_name),
        os = repr(rctx.attr.os),
        tag = repr(rctx.attr.tag),
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
    """Returns a dict from name to package file, or an error."""
    difference = find_difference(rctx.attr.image, rctx.attr.kind, _platform(rctx), rctx.attr.tag)
    if difference:
        return None, "cannot compose %s: %s" % (rctx.attr.image, difference)
    directory = rctx.getenv("THIMBLE_DEBS")
    if not directory:
        return None, _error(rctx, "THIMBLE_DEBS, the directory of Debian packages, is not set")
    directory = rctx.path(directory).get_child(rctx.attr.architecture)
    if rctx.attr.os != "linux" or not directory.exists:
        return None, _error(rctx, "directory %s not found" % directory)
    debs = {}
    present = directory.readdir()
    for package in PACKAGES[rctx.attr.kind]:
        found = [file for file in present if file.basename.startswith(package + "_") and file.basename.endswith(".deb")]
        if len(found) != 1:
            return None, _error(rctx, "expected one file %s/%s_*.deb, found %d" % (directory, package, len(found)))
        debs[package] = found[0]
    return debs, None

def _error(rctx, cause):
    return ("cannot compose {image} for {platform}: {cause}; put the .deb files of {packages} there, " +
            "or build for another platform").format(
        cause = cause,
        image = rctx.attr.image,
        packages = ", ".join(PACKAGES[rctx.attr.kind]),
        platform = _platform(rctx),
    )

def _unpack(rctx, package, deb):
    rctx.watch(deb)
    rctx.file("packages/%s.control" % package, _run(rctx, deb, ["dpkg-deb", "--field", deb]))

    # Through the shell, because Starlark strings cannot represent a tar.
    tar = "packages/%s.tar" % package
    _run(rctx, deb, ["sh", "-c", 'dpkg-deb --fsys-tarfile "$1" > "$2"', "sh", deb, tar])

def _run(rctx, deb, command):
    result = rctx.execute(command)
    if result.return_code:
        fail("%s: dpkg-deb failed: %s; download the package again" % (deb, result.stderr.strip()))
    return result.stdout

def _platform(rctx):
    parts = [rctx.attr.os, rctx.attr.architecture, rctx.attr.variant]
    return "/".join([part for part in parts if part])

debian_base_repository = repository_rule(
    implementation = _debian_base_repository_impl,
    doc = "Composes a base image from the packages in `$THIMBLE_DEBS/<architecture>/`.",
    attrs = {
        "architecture": attr.string(doc = "String, default none: GOARCH of the platform."),
        "image": attr.string(doc = "String, required: name of the image to replace.", mandatory = True),
        "kind": attr.string(doc = "String, required: kind of base.", mandatory = True, values = sorted(PACKAGES)),
        "os": attr.string(doc = "String, default none: GOOS of the platform."),
        "reference": attr.string(doc = "String, required: the requested digest or tag.", mandatory = True),
        "tag": attr.string(doc = "String, default none: the requested tag."),
        "target_name": attr.string(doc = "String, required: name of the image target.", mandatory = True),
        "variant": attr.string(doc = "String, default none: CPU variant."),
    },
)
