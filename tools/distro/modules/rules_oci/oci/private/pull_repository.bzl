"""The repository of an image for one platform, pulled from a registry."""

load(":image_name.bzl", "DIGEST_FORM", "is_digest")
load(":mirrors.bzl", "registry_url")
load(":plain_http.bzl", "plain_digest")
load(":pull_auth.bzl", "authorize", "describe_credentials")
load(":repository_cache.bzl", "link_to_cache")

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
        entry = _select_manifest(rctx, manifest["manifests"] or [])

        # The layout contains only one image.
        rctx.delete(_blob(digest))
        digest = entry["digest"]
        manifest = _manifest(rctx, registry, digest)
    if "config" not in manifest or "layers" not in manifest:
        _fail(rctx, "unsupported manifest %s (media type %s): expected an image manifest of schema 2" % (
            digest,
            manifest.get("mediaType"),
        ))
    blobs = {blob["digest"]: None for blob in [manifest["config"]] + (manifest["layers"] or [])}
    _fetch_blobs(rctx, registry, blobs.keys())
    link_to_cache(rctx, {_blob(blob): _hash(rctx, blob) for blob in [digest] + blobs.keys()})
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
        digest, response = plain_digest(rctx, registry.host, path, _ACCEPT, registry.auth)
        if not digest:
            _fail_download(rctx, registry, "the tag %r (%s)" % (rctx.attr.tag, response))
        return digest
    result = _download(rctx, registry, "manifests/" + rctx.attr.tag, output = "tagged.json")
    if not result.success:
        _fail_download(rctx, registry, "the tag %r" % rctx.attr.tag)
    rctx.delete("tagged.json")
    return "sha256:" + result.sha256

def _manifest(rctx, registry, digest):
    result = _download(rctx, registry, "manifests/" + digest, output = _blob(digest), sha256 = _hash(rctx, digest))
    if not result.success:
        _fail_download(rctx, registry, "the manifest %s" % digest)
    manifest = json.decode(rctx.read(_blob(digest)), default = None)
    if type(manifest) != "dict":
        _fail(rctx, "invalid manifest %s: expected a JSON object; check that `digest` is an image's" % digest)
    return manifest

def _fetch_blobs(rctx, registry, digests):
    rctx.report_progress("downloading %d blobs of %s" % (len(digests), rctx.attr.image))
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
            _fail_download(rctx, registry, "the blob %s" % digest)

def _download(rctx, registry, path, **kwargs):
    url = "%s/%s" % (registry.url, path)
    return rctx.download(
        url,
        allow_fail = True,
        auth = {url: registry.auth} if registry.auth else {},
        headers = {"Accept": _ACCEPT if path.startswith("manifests/") else "*/*"},
        **kwargs
    )

def _select_manifest(rctx, entries):
    if not rctx.attr.architecture:
        _fail(rctx, "the image has several platforms (%s); select them with `platforms`" % _list(entries))
    for entry in entries:
        if _platform(entry.get("platform") or {}) == _requested_platform(rctx):
            return entry
    _fail(rctx, "platform %s not found: the image has %s; correct `platforms`" % (_requested_platform(rctx), _list(entries)))
    return None

def _check_platform(rctx, config):
    """Fails if the config has another platform. Missing fields match, except the variant."""
    if not rctx.attr.architecture:
        return
    os, architecture = config.get("os") or rctx.attr.os, config.get("architecture") or rctx.attr.architecture
    expected = [rctx.attr.os, rctx.attr.architecture, _variant(rctx.attr.os, rctx.attr.architecture, rctx.attr.variant)]
    if [os, architecture, _variant(os, architecture, config.get("variant"))] != expected:
        _fail(rctx, "platform %s not found: the image has %s; correct `platforms`" % (_requested_platform(rctx), _platform(config)))

def _variant(os, architecture, variant):
    # The default variant of arm64 is v8.
    return variant or ("v8" if (os, architecture) == ("linux", "arm64") else "")

def _requested_platform(rctx):
    return "/".join([part for part in [rctx.attr.os, rctx.attr.architecture, rctx.attr.variant] if part])

def _platform(described):
    return "/".join([described[key] for key in ["os", "architecture", "variant"] if described.get(key)])

def _list(entries):
    return ", ".join([_platform(entry.get("platform") or {}) for entry in entries])

def _hash(rctx, digest):
    if not is_digest(digest):
        _fail(rctx, "unsupported digest %r: expected %s" % (digest, DIGEST_FORM))
    return digest.removeprefix("sha256:")

def _blob(digest):
    return "blobs/" + digest.replace(":", "/")

def _fail_download(rctx, registry, what):
    _fail(rctx, ("cannot download {what} from {host}/{path}: if the status, here or in the warning above, is 401 or 403: {credentials}\n" +
                 "If it is 404, check the name and the digest or tag. If the registry is unreachable, set a " +
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
    doc = "Pulls an image for one platform. Each blob is verified against its digest.",
    attrs = {
        "architecture": attr.string(doc = "String: GOARCH of the platform. Unset: the image has only one platform."),
        "bazel_tags": attr.string_list(doc = "List of strings, default empty: tags of the image target."),
        "config": attr.label(doc = "Label of a docker config file, default none: read before all others."),
        "digest": attr.string(doc = "String: the image's digest. Takes precedence over `tag`."),
        "image": attr.string(doc = "String, required: the image's name, for errors.", mandatory = True),
        "os": attr.string(doc = "String: GOOS of the platform."),
        "pull_name": attr.string(doc = "String, required: name of the `oci.pull` tag, for errors.", mandatory = True),
        "scheme": attr.string(doc = "String, default none: `http` for plain HTTP."),
        "source": attr.string(doc = "String, required: the image's name at the registry or mirror.", mandatory = True),
        "tag": attr.string(doc = "String: the image's tag."),
        "target_name": attr.string(doc = "String, required: name of the image target.", mandatory = True),
        "variant": attr.string(doc = "String: CPU variant."),
        "www_authenticate_challenges": attr.string_dict(doc = "Dict of strings: registries to challenges."),
    },
)
