"""The repository of an image for one platform, pulled from a registry."""

load(":image_name.bzl", "is_loopback")
load(":mirrors.bzl", "registry_url")
load(":plain_http.bzl", "plain_digest")
load(":pull_auth.bzl", "authorize", "describe_credentials")

_BUILD = """load("{pulled_layout}", "pulled_layout")

package(default_visibility = ["//visibility:public"])

pulled_layout(
    name = {name},
    blobs = glob(["blobs/sha256/*"]),
    index = "index.json",
)
"""

_INDEXES = [
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
]
_MANIFESTS = [
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
]

_ACCEPT = ", ".join(_MANIFESTS + _INDEXES)

def _pull_repository_impl(rctx):
    host, _, path = rctx.attr.source.partition("/")
    registry = struct(
        auth = authorize(rctx, host, path),
        host = host,
        path = path,
        url = "%s/v2/%s" % (registry_url(host), path),
    )
    digest = rctx.attr.digest or _resolve_tag(rctx, registry)
    manifest = _manifest(rctx, registry, digest)
    if "manifests" in manifest:
        entry = _choose(rctx, manifest["manifests"])

        # Not part of the layout, which holds one image.
        rctx.delete(_blob(digest))
        digest = entry["digest"]
        manifest = _manifest(rctx, registry, digest)
    if "config" not in manifest or "layers" not in manifest:
        _fail(rctx, "%s is no image manifest (media type %s); pull an image that has one of schema 2" % (
            digest,
            manifest.get("mediaType"),
        ))
    blobs = {blob["digest"]: None for blob in [manifest["config"]] + manifest["layers"]}
    _fetch_blobs(rctx, registry, blobs.keys())
    _check_platform(rctx, json.decode(rctx.read(_blob(manifest["config"]["digest"]))))
    rctx.file("index.json", json.encode({
        "manifests": [{
            "digest": digest,
            "mediaType": manifest.get("mediaType", _MANIFESTS[0]),
            "size": len(rctx.read(_blob(digest))),
        }],
        "schemaVersion": 2,
    }))
    rctx.file("BUILD.bazel", _BUILD.format(
        name = repr(rctx.attr.target_name),
        pulled_layout = Label("//oci/private:pulled_layout.bzl"),
    ))

def _resolve_tag(rctx, registry):
    if is_loopback(registry.host):
        path = "/v2/%s/manifests/%s" % (registry.path, rctx.attr.tag)
        digest, answer = plain_digest(rctx, registry.host, path, _ACCEPT, registry.auth)
        if not digest:
            _unreachable(rctx, registry, "the tag %r (%s)" % (rctx.attr.tag, answer))
        return digest
    result = _download(rctx, registry, "manifests/" + rctx.attr.tag, output = "tagged.json")
    if not result.success:
        _unreachable(rctx, registry, "the tag %r" % rctx.attr.tag)
    rctx.delete("tagged.json")
    return "sha256:" + result.sha256

def _manifest(rctx, registry, digest):
    result = _download(rctx, registry, "manifests/" + digest, output = _blob(digest), sha256 = _hash(rctx, digest))
    if not result.success:
        _unreachable(rctx, registry, "the manifest %s" % digest)
    manifest = json.decode(rctx.read(_blob(digest)), default = None)
    if type(manifest) != "dict":
        _fail(rctx, "the manifest %s is not JSON; see that `digest` is an image's" % digest)
    return manifest

def _fetch_blobs(rctx, registry, digests):
    rctx.report_progress("fetching %d blobs of %s" % (len(digests), rctx.attr.image))
    pending = {}
    for digest in digests:
        pending[digest] = _download(
            rctx,
            registry,
            "blobs/" + digest,
            output = _blob(digest),
            sha256 = _hash(rctx, digest),
            block = False,
        )
    for digest, download in pending.items():
        if not download.wait().success:
            _unreachable(rctx, registry, "the blob %s" % digest)

def _download(rctx, registry, path, **kwargs):
    url = "%s/%s" % (registry.url, path)
    return rctx.download(
        url,
        allow_fail = True,
        auth = {url: registry.auth} if registry.auth else {},
        headers = {"Accept": _ACCEPT if path.startswith("manifests/") else "*/*"},
        **kwargs
    )

def _choose(rctx, entries):
    if not rctx.attr.architecture:
        _fail(rctx, "the image is there for several platforms (%s); name those you need in `platforms`" % _list(entries))
    wanted = [rctx.attr.os, rctx.attr.architecture]
    for entry in entries:
        platform = entry.get("platform", {})
        variant = platform.get("variant", "")
        fits = [platform.get("os"), platform.get("architecture")] == wanted
        if fits and _same_variant(rctx.attr.architecture, variant, rctx.attr.variant):
            return entry
    _fail(rctx, "the image is not there for %s, but for %s; correct `platforms`" % (_wanted(rctx), _list(entries)))
    return None

def _same_variant(architecture, found, wanted):
    # An arm64 is a v8 unless it says otherwise.
    default = "v8" if architecture == "arm64" else ""
    return not wanted or (found or default) == wanted

def _check_platform(rctx, config):
    found = [config.get("os"), config.get("architecture")]
    if rctx.attr.architecture and found != [rctx.attr.os, rctx.attr.architecture]:
        _fail(rctx, "the image is not there for %s, but for %s/%s; correct `platforms`" % tuple([_wanted(rctx)] + found))

def _wanted(rctx):
    return "/".join([part for part in [rctx.attr.os, rctx.attr.architecture, rctx.attr.variant] if part])

def _list(entries):
    platforms = [entry.get("platform", {}) for entry in entries]
    keys = ["os", "architecture", "variant"]
    return ", ".join(["/".join([platform[key] for key in keys if platform.get(key)]) for platform in platforms])

def _hash(rctx, digest):
    if not digest.startswith("sha256:") or len(digest) != 71:
        _fail(rctx, "%r is not a digest; write it as in sha256: and 64 digits" % digest)
    return digest.removeprefix("sha256:")

def _blob(digest):
    return "blobs/" + digest.replace(":", "/")

def _unreachable(rctx, registry, what):
    _fail(rctx, ("{what} can't be had from {host}/{path}: if the answer, here or in the warning above, is 401 or 403: {credentials}\n" +
                 "If it is 404, see that the name and the digest or tag are right. If the registry is out of reach, name a " +
                 "mirror:\n    export THIMBLE_OCI_MIRRORS={image}=registry.example.com/mirror").format(
        credentials = describe_credentials(rctx, registry.host),
        host = registry.host,
        image = rctx.attr.image,
        path = registry.path,
        what = what,
    ))

def _fail(rctx, message):
    fail("oci.pull %r: %s: %s" % (rctx.attr.pull_name, rctx.attr.image, message))

pull_repository = repository_rule(
    implementation = _pull_repository_impl,
    doc = "Pulls an image for one platform. Each blob is checked against its digest before it is kept.",
    attrs = {
        "architecture": attr.string(doc = "String: the processor, by Go's name. Unset: the image is there for one only."),
        "config": attr.label(doc = "Label of a docker config file, default none: read before the others."),
        "digest": attr.string(doc = "String: which image. Wins over `tag`."),
        "image": attr.string(doc = "String, required: the image's name, for messages.", mandatory = True),
        "os": attr.string(doc = "String: the operating system, by Go's name."),
        "pull_name": attr.string(doc = "String, required: the tag's name, for messages.", mandatory = True),
        "source": attr.string(doc = "String, required: the image's name where it is pulled from.", mandatory = True),
        "tag": attr.string(doc = "String: which image."),
        "target_name": attr.string(doc = "String, required: the image's target.", mandatory = True),
        "variant": attr.string(doc = "String: the processor's variant."),
        "www_authenticate_challenges": attr.string_dict(doc = "Dict of strings: registries and their challenges."),
    },
)
