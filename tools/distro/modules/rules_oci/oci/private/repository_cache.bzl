"""Shares downloaded files with Bazel's repository cache."""

# The default of --repository_cache, relative to an output base.
_CACHE = "../cache/repos/v1/content_addressable/sha256"

# The comparison excludes files of a cache that Bazel does not use, which it has not verified.
_LINK = 'test "$1" -ef "$2" || ! cmp --quiet "$1" "$2" || { ln --force "$1" "$2.link" && mv "$2.link" "$2"; }'

def link_to_cache(rctx, files):
    """Replaces downloaded files by hard links to their copies in the default repository cache.

    Bazel copies each downloaded file to the cache, and each file of a hit from there. With --experimental_repository_cache_hardlinks,
    Bazel 7 would link files of hits, but download them again if the cache is on another mount. This function keeps the copy then.

    Args:
        rctx: The repository context.
        files: Dict of strings, paths to SHA-256 checksums.
    """
    output_base = rctx.path("../..")
    for path, sha256 in files.items():
        cached = output_base.get_child(_CACHE, sha256, "file")
        if cached.exists:
            rctx.execute(["sh", "-c", _LINK, "sh", cached, path])
