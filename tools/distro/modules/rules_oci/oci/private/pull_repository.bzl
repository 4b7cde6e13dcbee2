"""The repository of an image for one platform, pulled from a registry."""

load(":mirrors.bzl", "registry_url")
load(":plain_http.bzl", "plain_digest")
load(":pull_auth.bzl", "authorize", "describe_credentials")

_BUILD = """load("{pulled_layout}", "pulled_layout")

package(default_visibility = ["//visibility:public"])

pulled_layout(
    name = {name},
    blobs = glob(["blobs/sha256/*"]),
    index = "index.json",
    tags = {tags},
)

filegroup(
    name = "digest",
    srcs = ["digest.txt"],
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
        url = "%s/v2/%s" % (registry_url(host, rctx.attr.scheme), path),
    )
    digest = rctx.attr.digest or _resolve_tag(rctx, registry)
    rctx.file("digest.txt", digest)
    manifest = _manifest(rctx, registry, digest)
    if "manifests" in manifest:
        entry = _choose(rctx, manifest["manifests"] or [])

        # Not part of the layout, which holds one image.
        rctx.delete(_blob(digest))
        digest = entry["digest"]
        manifest = _manifest(rctx, registry, digest)
    if "config" not in manifest or "layers" not in manifest:
        _fail(rctx, "%s is no image manifest (media type %s); pull an image that has one of schema 2" % (
            digest,
            manifest.get("mediaType"),
        ))
    blobs = {blob["digest"]: None for blob in [manifest["config"]] + (manifest["layers"] or [])}
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
        tags = repr(rctx.attr.bazel_tags),
    ))

def _resolve_tag(rctx, registry):
    if registry.url.startswith("http://"):
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
    for entry in entries:
        if _platform(entry.get("platform") or {}) == _wanted(rctx):
            return entry
    _fail(rctx, "the image is not there for %s, but for %s; correct `platforms`" % (_wanted(rctx), _list(entries)))
    return None

def _check_platform(rctx, config):
    """Fails if the config names another platform. What it does not name is taken to be right, but for the variant."""
    if not rctx.attr.architecture:
        return
    os, architecture = config.get("os") or rctx.attr.os, config.get("architecture") or rctx.attr.architecture
    wanted = [rctx.attr.os, rctx.attr.architecture, _variant(rctx.attr.os, rctx.attr.architecture, rctx.attr.variant)]
    if [os, architecture, _variant(os, architecture, config.get("variant"))] != wanted:
        _fail(rctx, "the image is not there for %s, but for %s; correct `platforms`" % (_wanted(rctx), _platform(config)))

def _variant(os, architecture, variant):
    # An arm64 is a v8 unless it says otherwise.
    return variant or ("v8" if (os, architecture) == ("linux", "arm64") else "")

def _wanted(rctx):
    return "/".join([part for part in [rctx.attr.os, rctx.attr.architecture, rctx.attr.variant] if part])

def _platform(described):
    return "/".join([described[key] for key in ["os", "architecture", "variant"] if described.get(key)])

def _list(entries):
    return ", ".join([_platform(entry.get("platform") or {}) for entry in entries])

def _hash(rctx, digest):
    if not digest.startswith("sha256:") or len(digest) != 71:
        _fail(rctx, "unsupported digest %r: expected sha256:<64 hexadecimal digits>" % digest)
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
        "bazel_tags": attr.string_list(doc = "List of strings, default empty: the tags of the image's target."),
        "config": attr.label(doc = "Label of a docker config file, default none: read before the others."),
        "digest": attr.string(doc = "String: which image. Wins over `tag`."),
        "image": attr.string(doc = "String, required: the image's name, for messages.", mandatory = True),
        "os": attr.string(doc = "String: the operating system, by Go's name."),
        "pull_name": attr.string(doc = "String, required: the tag's name, for messages.", mandatory = True),
        "scheme": attr.string(doc = "String, default none: `http` for plain HTTP."),
        "source": attr.string(doc = "String, required: the image's name where it is pulled from.", mandatory = True),
        "tag": attr.string(doc = "String: which image."),
        "target_name": attr.string(doc = "String, required: the image's target.", mandatory = True),
        "variant": attr.string(doc = "String: the processor's variant."),
        "www_authenticate_challenges": attr.string_dict(doc = "Dict of strings: registries and their challenges."),
    },
)
